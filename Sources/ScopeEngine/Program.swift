/// The program as it names itself in what it writes.
package enum Program {
  package static let name = "clipscope"
  package static let version = "0.1.0"
}
