/// The pages of the dashboard by name.
///
/// The number of a page is its key.
package enum PageID: String, Sendable, Hashable, CaseIterable {
  case start
  case tree
  /// A folder of snapshots over time; without a number.
  case epochs
  case mapping
  case convert
  case rope
  case attention
  case inference

  /// The page with a key; nil where there is none.
  package init?(number: Int) {
    guard let page = Pages.all.first(where: { $0.number == number }) else { return nil }
    self = page.id
  }
}
