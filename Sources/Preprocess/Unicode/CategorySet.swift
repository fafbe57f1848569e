/// General categories of Unicode, one bit each.
struct CategorySet: OptionSet, Sendable {
  var rawValue: UInt32

  /// Sets by the names that patterns give them: `Lu`, or `L` for all letters.
  static let named: [String: CategorySet] = {
    var named: [String: CategorySet] = [:]
    for (index, name) in names.enumerated() {
      let one = CategorySet(rawValue: 1 << UInt32(index))
      named[name] = one
      named[String(name.prefix(1)), default: []].formUnion(one)
    }
    return named
  }()

  /// In the order of `place(of:)`.
  private static let names = [
    "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Pc", "Pd", "Ps", "Pe", "Pi",
    "Pf", "Po", "Sm", "Sc", "Sk", "So", "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co", "Cn",
  ]

  static let letter = named["L"] ?? []
  static let mark = named["M"] ?? []
  static let number = named["N"] ?? []
  static let punctuation = named["P"] ?? []
  /// What belongs to a word beside what is alphabetic.
  static let otherWord = mark.union(named["Nd"] ?? []).union(named["Pc"] ?? [])

  init(rawValue: UInt32) { self.rawValue = rawValue }

  /// The category of one scalar.
  init(of scalar: Unicode.Scalar) {
    rawValue = 1 << Self.place(of: scalar.properties.generalCategory)
  }

  private static func place(of category: Unicode.GeneralCategory) -> UInt32 {
    switch category {
    case .uppercaseLetter: 0
    case .lowercaseLetter: 1
    case .titlecaseLetter: 2
    case .modifierLetter: 3
    case .otherLetter: 4
    case .nonspacingMark: 5
    case .spacingMark: 6
    case .enclosingMark: 7
    case .decimalNumber: 8
    case .letterNumber: 9
    case .otherNumber: 10
    case .connectorPunctuation: 11
    case .dashPunctuation: 12
    case .openPunctuation: 13
    case .closePunctuation: 14
    case .initialPunctuation: 15
    case .finalPunctuation: 16
    case .otherPunctuation: 17
    case .mathSymbol: 18
    case .currencySymbol: 19
    case .modifierSymbol: 20
    case .otherSymbol: 21
    case .spaceSeparator: 22
    case .lineSeparator: 23
    case .paragraphSeparator: 24
    case .control: 25
    case .format: 26
    case .surrogate: 27
    case .privateUse: 28
    // What a later Unicode adds has no name in the patterns of today.
    case .unassigned: 29
    @unknown default: 29
    }
  }
}
