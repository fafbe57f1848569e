extension CommandTable {
  static let attention: [Command] = [
    Command(
      .attentionPicture, "picture",
      "Type the path of a picture; arrows take those beside the model and of page 6.", .attention,
      .attention,
      [.text("i")]),
    Command(
      .attentionText, "text",
      "Type a text: that of relevance, and what the text tower looks at.", .attention, .attention,
      [.text("t")]),
    Command(
      .attentionTower, "tower", "The image tower or the text tower.", .attention, .attention,
      [.text("w")]),
    Command(
      .attentionMethod, "method",
      "Raw probabilities, rollout, or the relevance of a picture for a text.", .attention,
      .attention, [.text("m")]),
    Command(.attentionNextLayer, "layer", "The next layer.", .attention, .attention, [.text("]")]),
    Command(
      .attentionPreviousLayer, "previous layer", "The layer before.", .attention, .attention,
      [.text("[")]),
    Command(
      .attentionNextHead, "head", "The next head; before the first: mean, max and min of all.",
      .attention, .attention, [.text(".")]),
    Command(
      .attentionPreviousHead, "previous head", "The head before.", .attention, .attention,
      [.text(",")]),
    Command(
      .attentionHere, "from here",
      "Attention from the patch or token under the cursor; again: from the usual one.", .attention,
      .attention, [.text(" ")]),
    Command(
      .attentionFrom, "from", "Whose attention: class token, mean, pooled vector, cursor.",
      .attention, .attention, [.text("f")]),
    Command(
      .attentionPool, "pooling head", "The map of the pooling head, or back to the blocks.",
      .attention, .attention, [.text("P")]),
    Command(
      .attentionDiscardMore, "discard more", "Rollout that drops more of the weakest attention.",
      .attention, .attention, [.text(">")]),
    Command(
      .attentionDiscardLess, "discard less", "Rollout that drops less of the weakest attention.",
      .attention, .attention, [.text("<")]),
    Command(
      .attentionNextFrame, "next frame", "The next frame of a clip.", .attention, .attention,
      [.text(")")]),
    Command(
      .attentionPreviousFrame, "frame before", "The frame before.", .attention, .attention,
      [.text("(")]),
    Command(
      .attentionMoreMap, "more map", "The map covers more of the picture.", .attention, .attention,
      [.text("+"), .text("=")]),
    Command(
      .attentionLessMap, "less map", "The map covers less of the picture.", .attention, .attention,
      [.text("-"), .text("_")]),
    Command(
      .attentionSide, "beside",
      "Beside the picture: maps of all heads, entropy and distance, or all layers.", .attention,
      .attention, [.text("v")]),
    Command(
      .attentionScale, "colour scale", "The next colour scale.", .attention, .attention,
      [.text("V")]),
    Command(
      .attentionRun, "run again", "Run the model again, also after it was stopped or failed.",
      .attention, .attention, [.text("r")]),
    Command(
      .attentionActivation, "activation",
      "Choose the activation where the file does not say it, in turn.", .attention, .attention,
      [.text("A")]),
    Command(
      .attentionHeads, "head count",
      "Type the number of heads of the tower where the file does not say it.", .attention,
      .attention, [.text("#")]),
    Command(
      .attentionTokenizer, "tokenizer", "Name the tokenizer of a model that brings none.",
      .attention, .attention, [.text("K")]),
  ]
}
