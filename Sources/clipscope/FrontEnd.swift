import Glibc
import ScopeCLI

/// Chooses between the dashboard and plain text.
enum FrontEnd {
  /// Opens the dashboard, or prints a page of it where there is no terminal.
  static func dashboard(_ arguments: DashboardArguments) -> Int32 {
    PlainPage.show(arguments)
  }
}
