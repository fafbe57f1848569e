import Tensors
import Testing

@Suite("JSON") struct JSONTests {
  @Test func readsEveryKindOfValue() throws {
    let value = try JSONValue(
      parsing:
        #" {"a": [1, -2, 1.5, 1e3, true, false, null], "b": {"c": "x\u00e9\ud83d\ude00\n"}} "#)
    #expect(
      value["a"] == [1, -2, 1.5, 1000.0, true, false, nil] as JSONValue)
    #expect(value["b"]?["c"]?.string == "x\u{e9}\u{1F600}\n")
    #expect(value["a"]?[3]?.integer == 1000)
  }

  @Test(arguments: [
    "", "{", "[1,]", "{\"a\":1,}", "01", "1.", "1e", "-", "+1", "\"a", "\"\\x\"", "\"\\ud800\"",
    "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"\\u12\"", "\"\u{1}\"", "nul", "[1 2]", "{\"a\" 1}",
    "1 2", "{1:2}", "\"\\",
  ])
  func refusesWhatIsNotJSON(_ text: String) {
    #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
    #expect(throws: JSONError.self) {
      var copy = text
      try copy.withUTF8 { buffer in
        var scanner = JSONScanner(UnsafeRawBufferPointer(buffer))
        try scanner.skipValue()
        try scanner.expectEnd()
      }
    }
  }

  @Test func refusesBytesThatAreNotUTF8() {
    let bytes: [UInt8] = [0x22, 0xC3, 0x28, 0x22]
    #expect(throws: JSONError(offset: 1, reason: "a string is not UTF-8")) {
      try bytes.withUnsafeBytes { try JSONValue(parsing: $0) }
    }
  }

  @Test func boundsTheDepth() throws {
    let deep = String(repeating: "[", count: 100_000)
    #expect(throws: JSONError.self) { try JSONValue(parsing: deep) }
    var copy = deep
    #expect(throws: JSONError.self) {
      try copy.withUTF8 { buffer in
        var scanner = JSONScanner(UnsafeRawBufferPointer(buffer))
        try scanner.skipValue()
      }
    }
    let allowed = String(repeating: "[", count: 128) + String(repeating: "]", count: 128)
    #expect(try JSONValue(parsing: allowed).array?.count == 1)
  }

  @Test func skippingEndsWhereReadingEnds() throws {
    var text = #"{"a":[{"b":[]},{},[[1,2],"]"]],"c":"}"} tail"#
    let end = try text.withUTF8 { buffer in
      var scanner = JSONScanner(UnsafeRawBufferPointer(buffer))
      try scanner.skipValue()
      return scanner.offset
    }
    #expect(String(text.utf8.dropFirst(end)) == " tail")
  }

  @Test func keepsOrderAndFindsDuplicates() throws {
    let value = try JSONValue(parsing: #"{"z":1,"a":2,"z":3}"#)
    #expect(value.object?.members.map(\.key) == ["z", "a", "z"])
    #expect(value.object?.duplicateKey == "z")
    #expect(value["z"] == 3)
    // Composed and decomposed letters are different keys.
    #expect(try JSONValue(parsing: #"{"\u00e9":1,"e\u0301":2}"#).object?.duplicateKey == nil)
  }

  @Test func writesNumbersThatReadBackTheSame() throws {
    for number in [
      0.1, 1.0 / 3, Double.leastNonzeroMagnitude, 1.7976931348623157e308, -0.0, 1e21,
      123_456_789_012_345_680,
    ] {
      let text = JSONValue.number(number).text()
      #expect(try JSONValue(parsing: text).number?.bitPattern == number.bitPattern, "\(text)")
    }
    #expect(
      JSONValue.array([.number(.nan), .number(.infinity), .number(-.infinity)]).text()
        == #"["NaN","Infinity","-Infinity"]"#)
  }

  @Test func escapesWhatATerminalMustNotSee() throws {
    let hostile = "\u{1b}[2J\u{7f}\u{9b}\u{202e}\"\\\n\u{0}"
    let text = JSONValue.quoted(hostile)
    #expect(text == #""\u001b[2J\u007f\u009b\u202e\"\\\n\u0000""#)
    #expect(try JSONValue(parsing: text).string == hostile)
  }

  @Test func indentsAndSorts() {
    let value: JSONValue = ["b": [1, 2], "a": [:], "c": []]
    #expect(
      value.text(order: .sorted, indent: 2)
        == "{\n  \"a\": {},\n  \"b\": [\n    1,\n    2\n  ],\n  \"c\": []\n}")
  }

  @Test("A table has its members and the rows of its lists on lines of their own") func tables() {
    let value: JSONValue = [
      "shape": [2, 2], "rows": [[1, 2], [3, [4]]], "entries": [["a": 1, "b": []]], "none": [],
    ]
    #expect(
      value.table() == """
        {
          "shape": [2, 2],
          "rows": [
            [1, 2],
            [3, [4]]
          ],
          "entries": [
            {"a": 1, "b": []}
          ],
          "none": []
        }

        """)
    #expect(JSONValue.array([]).table() == "[]\n")
  }

  @Test("A number of 32 bits keeps its short form and reads back the same")
  func singles() throws {
    #expect(JSONValue.single(0.1).text() == "0.1")
    for number in [Float(0.1), 1.0 / 3, .leastNonzeroMagnitude, .greatestFiniteMagnitude, -0.0] {
      let read = try #require(try JSONValue(parsing: JSONValue.single(number).text()).number)
      #expect(Float(read).bitPattern == number.bitPattern)
    }
    #expect(
      JSONValue.singles([.nan, .infinity, -.infinity]).text() == #"["NaN","Infinity","-Infinity"]"#)
  }
}
