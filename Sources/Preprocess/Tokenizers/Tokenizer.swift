/// Turns text into the ids that a text tower takes.
package protocol Tokenizer: Sendable {
  /// Length of every row of ids.
  var contextLength: Int { get }
  var vocabularySize: Int { get }
  /// Fills rows that are shorter than the context.
  var padId: Int { get }
  /// What it is and where it came from, in one line.
  var summary: String { get }

  /// Ids of the text with start and end but without a limit and without padding.
  func fullIds(of text: String) -> [Int]

  /// Cuts a full row to `length` places, keeping what must stay at its end.
  func truncated(_ ids: [Int], to length: Int) -> [Int]

  /// How one id is written for people; bytes that are no text are `\xNN`.
  func label(of id: Int) -> String
}

/// One row of ids for a text tower.
package struct TokenRow: Sendable, Equatable {
  /// Exactly the context length, padded.
  package var ids: [Int]
  /// Number of ids before the padding.
  package var count: Int
  /// Number of ids that the text would need without the limit; more than `count` when the text was cut.
  package var neededCount: Int

  package var wasTruncated: Bool { neededCount > count }

  /// The sentence to show when the text was cut; nil otherwise.
  package var notice: String? {
    wasTruncated ? "the text needs \(neededCount) tokens and was cut to \(count)" : nil
  }
}

extension Tokenizer {
  /// Ids cut to the context length and padded.
  ///
  /// - Parameters:
  ///   - text: Any text; the tokenizer cleans it by its own rules.
  ///   - contextLength: In place of the tokenizer's own, at least 1.
  package func encode(_ text: String, contextLength: Int? = nil) -> TokenRow {
    let length = max(1, contextLength ?? self.contextLength)
    let full = fullIds(of: text)
    var ids = full.count > length ? truncated(full, to: length) : full
    let count = ids.count
    ids += [Int](repeating: padId, count: max(0, length - count))
    return TokenRow(ids: ids, count: count, neededCount: full.count)
  }

  /// Readable pieces of a row, without its padding.
  package func labels(of row: TokenRow) -> [String] { row.ids.prefix(row.count).map(label) }
}
