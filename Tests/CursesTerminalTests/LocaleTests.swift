import Testing

@testable import CursesTerminal

@Suite("The locale") struct LocaleTests {
  @Test(
    "The encoding is open only where neither a locale nor its name tells it",
    arguments: [
      (nil, true, true), (nil, false, true), ("C", true, false), ("POSIX", true, false),
      ("de_DE.ISO-8859-1", true, false), ("de_DE", true, false), ("de_DE@euro", true, false),
      ("de_DE.ISO-8859-1", false, false), ("ru_RU.KOI8-R", false, false),
      ("de_DE.ISO-8859-15@euro", false, false), ("en_US.UTF-8", false, true),
      ("en_US.utf8", false, true), ("ca_ES.UTF-8@valencia", false, true), ("de_DE", false, true),
    ] as [(String?, Bool, Bool)])
  func encoding(name: String?, isInstalled: Bool, isOpen: Bool) {
    #expect(Curses.leavesEncodingOpen(name, isInstalled: isInstalled) == isOpen)
  }
}
