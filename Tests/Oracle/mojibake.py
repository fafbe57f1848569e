"""Writes Sources/Preprocess/Unicode/MojibakeTable.swift: which characters betray text that was read with the wrong encoding.

    python Tests/Oracle/mojibake.py            # ftfy 6.3.1

Kinds: `<scalar>=<bits>`, both in base 36; the bits are those of `MojibakeKinds`, in the order of KINDS below. Code pages: the characters
of bytes 0x80 to 0xFF, in base 36; a byte without a character stands for the control character of the same number.
"""

import re

from ftfy.badness import MOJIBAKE_CATEGORIES
from ftfy.chardata import CHARMAP_ENCODINGS, UTF8_CLUES

from unicode import base36, write

KINDS = [
    "common", "c1", "bad", "law", "currency", "start_punctuation", "end_punctuation", "numeric", "kaomoji", "upper_accented", "lower_accented",
    "upper_common", "lower_common", "box",
]
CLUES = ["utf8_first_of_2", "utf8_first_of_3", "utf8_first_of_4", "utf8_continuation", "utf8_continuation_strict"]


def members(expression):
    pattern = re.compile(f"[{expression}]")
    return {code for code in range(0x10000) if not 0xD800 <= code < 0xE000 and pattern.match(chr(code))}


def main():
    bits = {}
    for bit, expression in enumerate([MOJIBAKE_CATEGORIES[k] for k in KINDS] + [UTF8_CLUES[k] for k in CLUES]):
        for code in members(expression):
            bits[code] = bits.get(code, 0) | 1 << bit
    assert set(MOJIBAKE_CATEGORIES) == set(KINDS) and set(UTF8_CLUES) == set(CLUES)
    firsts = [members(UTF8_CLUES[k]) for k in CLUES[:3]]
    assert not (firsts[0] & firsts[1] or firsts[0] & firsts[2] or firsts[1] & firsts[2])
    kinds = [f"{base36(code)}={base36(bits[code])}" for code in sorted(bits)]
    pages = []
    for name in CHARMAP_ENCODINGS:
        if name != "latin-1":
            pages += [name.removeprefix("sloppy-") + ":" + ",".join(base36(ord(c)) for c in bytes(range(0x80, 0x100)).decode(name))]
    write("MojibakeTable", "Kinds of the characters that wrongly decoded text is made of, and the code pages it was decoded with.",
          {"kinds": kinds, "pages": pages}, "mojibake.py")


if __name__ == "__main__":
    main()
