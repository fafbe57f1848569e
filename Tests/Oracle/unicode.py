"""Writes Sources/Preprocess/Unicode/{DecompositionTable,HTMLEntityTable}.swift from Python's own tables.

    python Tests/Oracle/unicode.py

Decompositions: `<scalar><kind><scalar>,<scalar>...` in base 36, kind `=` canonical and composable, `!` canonical only,
`~` compatibility. Entities: `<name>=<scalar>,...`; a name that HTML also knows without its semicolon is written bare.
"""

import html.entities
import os
import unicodedata

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "Sources", "Preprocess", "Unicode")


def base36(n):
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    text = ""
    while n or not text:
        text = digits[n % 36] + text
        n //= 36
    return text


def literal(entries):
    """Entries with blanks between them as the lines of a Swift string literal."""
    lines, line = [], ""
    # A long entry is cut behind its commas.
    for piece in (part for entry in entries for part in pieces(entry)):
        if len(line) + len(piece) > 92:
            lines.append(line)
            line = ""
        line += piece
    lines.append(line.rstrip())
    return "\n".join(f"    {one}\\" if i < len(lines) - 1 else f"    {one}" for i, one in enumerate(lines))


def pieces(entry):
    if len(entry) <= 80:
        return [entry + " "]
    parts = entry.split(",")
    return [part + "," for part in parts[:-1]] + [parts[-1] + " "]


def write(name, about, members, script="unicode.py"):
    body = "\n".join(f'  static let {member} = """\n{literal(entries)}\n    """' for member, entries in members.items())
    with open(os.path.join(OUT, name + ".swift"), "w") as f:
        f.write(f"// Written by Tests/Oracle/{script}; do not edit.\n\n/// {about}\nenum {name} {{\n{body}\n}}\n")


def main():
    decompositions = []
    for code in range(0x110000):
        rule = unicodedata.decomposition(chr(code))
        if not rule or 0xAC00 <= code <= 0xD7A3:
            continue
        kind = "="
        if rule.startswith("<"):
            kind, rule = "~", rule.split(" ", 1)[1]
        elif unicodedata.normalize("NFC", chr(code)) != chr(code):
            kind = "!"
        decompositions.append(base36(code) + kind + ",".join(base36(int(part, 16)) for part in rule.split()))
    write("DecompositionTable", f"Unicode {unicodedata.unidata_version} decompositions, one level deep.", {"text": decompositions})

    entities = []
    names = html.entities.html5
    for name in sorted(names):
        if name.endswith(";") and name[:-1] in names:
            continue
        entities.append(name + "=" + ",".join(base36(ord(c)) for c in names[name]))
    write("HTMLEntityTable", "The named character references of HTML 5.", {"text": entities})


if __name__ == "__main__":
    main()
