/// How a file was left: kept between runs, by names, since row numbers change when the file does.
struct KeptView: Equatable, Sendable {
  /// Full name of the selected row.
  var cursor: String = ""
  /// Full names of the open branches.
  var expanded: [String] = []
  var find: String = ""
  var sort: String = "name"
  /// Share of the width that the tree takes.
  var divider: Double = 0.56
  var showsDetail = true
}
