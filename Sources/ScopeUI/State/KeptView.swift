/// How a file was left: kept between runs, by names, since row numbers change when the file does.
package struct KeptView: Equatable, Sendable, Codable {
  /// Full name of the selected row.
  package var cursor: String
  /// Full names of the open branches.
  package var expanded: [String]
  package var find: String
  package var sort: String
  /// Share of the width that the tree takes.
  package var divider: Double
  package var showsDetail: Bool

  package init(
    cursor: String = "", expanded: [String] = [], find: String = "", sort: String = "name",
    divider: Double = 0.56, showsDetail: Bool = true
  ) {
    self.cursor = cursor
    self.expanded = expanded
    self.find = find
    self.sort = sort
    self.divider = divider
    self.showsDetail = showsDetail
  }
}
