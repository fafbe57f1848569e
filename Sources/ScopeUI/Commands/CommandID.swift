/// Everything a user can ask for, by name.
enum CommandID: String, Sendable, CaseIterable {
  // Everywhere
  case quit, help, palette, open, startPage, demo, theme, messages, copy, export, redraw, suspend,
    stopJobs
  case page1, page2, page3, page4, page5, page6
  // Moving
  case up, down, left, right, pageUp, pageDown, halfPageUp, halfPageDown, first, last
  case activate, cancel, focusNext
  // Typing
  case clearLine, clearRest, deleteWord, lineStart, lineEnd
  // Tree
  case find, findNext, findPrevious, sort, mark, unmarkAll, expandBelow, collapseAll
  case nextSibling, previousSibling
  case compare, stopComparing, nextDifference, previousDifference
  case metadata, toggleDetail, widen, narrow, showMapping
  // Detail
  case spectrum, rowAxis, columnAxis, heldAxis, nextIndex, previousIndex, forwardIndex, backIndex
  case zoomIn, zoomOut, zoomReset, scaleKind, colorScale
  // Epochs
  case epochs, epochsFind, epochsSort, epochsScale, epochsRun
  // Mapping
  case mappingFind, mappingTarget, mappingFilter, mappingNextChange, mappingPreviousChange
  case mappingConvert
  // Convert
  case convertNext, convertStart, convertStop, convertPlan, convertReset, convertOpen
  // RoPE
  case ropeSources, ropeNextChannel, ropePreviousChannel, ropeNextFrame, ropePreviousFrame
  case ropeQueryFrame, ropeFunction, ropeView, ropeAxis, ropeSort, ropeScaling
  case ropeLarger, ropeSmaller, ropeThetaUp, ropeThetaDown, ropeCompare, ropeReset
  // Attention
  case attentionPicture, attentionText, attentionTower, attentionMethod
  case attentionNextLayer, attentionPreviousLayer, attentionNextHead, attentionPreviousHead
  case attentionFrom, attentionHere, attentionPool, attentionDiscardMore, attentionDiscardLess
  case attentionNextFrame, attentionPreviousFrame, attentionMoreMap, attentionLessMap
  case attentionSide, attentionScale, attentionRun
  case attentionActivation, attentionHeads, attentionTokenizer
  // Inference
  case inferenceAdd, inferenceNewLabel, inferenceTemplate, inferenceRemove, inferenceMatrix
  case inferenceValues, inferenceSort, inferenceColors, inferenceRun
  case inferenceTokenizer, inferenceActivation
  // Start page
  case forgetRecent
  // Tour
  case tourNext, tourBack, tourLeave
}
