"""Makes Tests/Fixtures/tokenizers: small tokenizers trained here, and the ids that the reference libraries give.

    python Tests/Oracle/tokenizers_tables.py   # open_clip_torch 3.3.0, transformers 5.24.0, tokenizers 0.23.3, ftfy 6.3.1

OpenAI's merge table is not kept here, only ids made with it (`real` in strings.json); the test that uses them takes the
table from CLIPSCOPE_BPE.
"""

import base64
import collections
import gzip
import json
import os
import random

import ftfy
import open_clip
from open_clip.tokenizer import SimpleTokenizer, get_clean_fn
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import CLIPTokenizer

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Fixtures", "tokenizers")
os.makedirs(OUT, exist_ok=True)

CORPUS = """
a photo of a cat sitting on the warm stones beside a harbour. a picture of the dog that runs along the river in winter.
they're looking at seventeen paintings; she's said we'd better leave before it's dark, and I'll follow when you've finished.
the tower of the old church was measured in 1987, 2004 and 2019: 41.5 metres, 41.6 metres, 41.4 metres.
a blurry image of a red tractor. a sketch of a blue bicycle. a close-up of green leaves after rain, macro lens, f/2.8.
un café crème et des résumés naïfs à côté de l'église. der große Bär läuft über die Straße. el niño pequeño come piñas.
кошка сидит на окне и смотрит на улицу. собака бежит по снегу. Ελληνικά γράμματα και λέξεις, ο Οδυσσέας ταξίδεψε.
一只猫在沙发上 一张狗的照片 猫と犬の写真です 고양이와 강아지 사진 صورة قطة على الأريكة תמונה של כלב बिल्ली की तस्वीर
the quick brown fox jumps over the lazy dog; pack my box with five dozen liquor jugs. snake_case_name camelCaseName kebab-case.
model training uses many pictures with captions; the captions are cut into tokens and the tokens become numbers.
zero-shot classification compares the picture with the text of every label and takes the most similar one.
""" * 3

HAND = [
    "", " ", "   ", "\t\n", "a", "A", "a photo of a cat", "A  Photo\n of\ta CAT", "You should've done this", "it's 2024!!",
    "IT'S THEY'RE WE'VE I'M HE'LL SHE'D CAN'T", "it'ſ", "it’s a ‘quoted’ “text”", "rock'n'roll", "''s''t", "'ll 11p223RF☆ho!!to?",
    "café résumé", "cafe\u0301 re\u0301sume\u0301", "naïve Ångström Å Å", "ÅÉÎÕÜ", "Straße STRASSE ẞ", "İstanbul ISTANBUL ıI", "ΟΔΥΣΣΕΥΣ", "ΣΑΣ Σ ΑΣ. ΑΣΑ", "όσος ὈΔΥΣΣΕΎΣ ᾼ",
    "一只猫在沙发上", "猫と犬の写真", "ﾊﾝｶｸ ｶﾞ", "Ｆｕｌｌ　ｗｉｄｔｈ　１２３！", "고양이 사진", "\u1112\u1161\u11ab\u1100\u1173\u11af", "صورة قطة", "كِتَابٌ", "תמונה של כלב", "שָׁלוֹם", "बिल्ली की तस्वीर", "แมวนั่งบนเก้าอี้", "ภาพ", "ქართული", "Հայերեն", "தமிழ்", "ຂໍ້ຄວາມ", "ᚠᚢᚦ", "𝓕𝓪𝓷𝓬𝔂 𝟏𝟐𝟑", "𐍈𐌰", "😀", "😀😃 cat 🐱🐶", "👩‍👩‍👧‍👦", "👍🏽", "🇩🇪🇫🇷", "❤️", "☺ ☹ ★ ☆", "🏳️‍🌈 flag", "1️⃣2️⃣",
    "cat &amp; dog", "cat &amp;amp; dog", "cat &amp;amp;amp; dog", "&lt;b&gt;bold&lt;/b&gt;", "&eacute; &EACUTE; &Eacute;", "&nbsp;x&nbsp;", "&#39;quoted&#39;", "&#x41;&#66;&#0;&#128;&#x110000;", "&notit; &amp &ampx &copy2020", "AT&T R&D a&b", "&", "&&", "&;", "&#;", "&#x;", "&abc;", "&lt;<&gt;", "<p>a &amp; b</p>", "x < y &lt; z", "a\n<b>\n&amp;", "&amp;lt;", "&hellip;&mdash;&ldquo;x&rdquo;", "&frac12; &sup2;", "&zwj;&shy;", "&NotEqualTilde;", "&#55296;", "&#150; &#8211;",
    "snake_case_name", "__init__", "a_b c_d_", "#hashtag @you", "http://example.org/a?b=c&d=e#f", "user@example.org", "C:\\path\\file.txt", "1,234,567.89", "3.14159", "½ ² ³ ① Ⅳ", "٣٤٥", "१२३", "-5°C", "50% off!!!", "$9.99 €5 £3 ¥100", "a+b=c", "(a) [b] {c}", "\"x\"", "`code`", "a…b", "a—b–c-d", "•bullet", "©®™", "...", "!?", "~^|\\", "/", "*", "=====", "-----",
    "naive\u00a0space", "zero\u200bwidth", "a\u200db", "soft\u00adhyphen", "\ufeffbom", "line\u2028sep\u2029end", "a\u0085b", "tab\tsep", "a\r\nb\rc\nd", "nul\u0000x", "bell\u0007x", "\x1b[31mred\x1b[0m", "\x1b[x", "del\x7fx", "c1\x93quoted\x94", "\x80uro", "\u206a\ufff9x\ufffb", "\ufffc obj", "\ufffd", "\u3000ideographic\u3000", "\u1680ogham\u2003em", "\x1cfs\x1dgs",
    "ﬁne ﬂow oﬀice eﬃcient baﬄe", "ﬆ ﬅ", "Ĳssel ĳs", "ŉ", "Ǆ ǅ ǆ Ǉ ǈ ǉ Ǌ ǋ ǌ Ǳ ǲ ǳ", "ǰ ẖ ΐ", "ﷺ", "㍿ ㎏", "℡ №", "⁰¹²", "ªº", "ſtop", "ʼtis", "‛x‟", "x\u0301\u0323y", "x\u0323\u0301y", "e\u0301\u0302\u0303", "Zalgo t\u0315\u0361e\u0321x\u0489t", "क़ ख़", "ড়", "\u0958", "\u2126 \u212a \u212b", "\u1e9b\u0323", "\uf900\uf901", "豈更", "\u0344", "\u0f73",
    "<start_of_text>", "<end_of_text> x", "a<start_of_text>b", "<START_OF_TEXT>", "<ſtart_of_text>", "<|startoftext|>", "x <|endoftext|> y", "<|STARTOFTEXT|>", "<end_of_text", "<bos><eos><pad><unk>", "[CLS] [SEP] [UNK]", "<s></s>", "<0x41>", "</w>", "cat</w>", "▁metaspace▁", "Ġgpt",
    "cafÃ©", "donâ€™t", "ÃŸ", "The Mona Lisa doesnÃƒÂ¢Ã¢â€šÂ¬Ã¢â€žÂ¢t have eyebrows.",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "ababababababababababab", "supercalifragilisticexpialidocious", "Donaudampfschifffahrtsgesellschaft", "cat " * 75, "cat " * 76, "dog " * 200, "x" * 300, "1234567890" * 12, "猫" * 60, "😀" * 40, "! " * 90, "the quick brown fox jumps over the lazy dog " * 3,
    "MiXeD CaSe TeXt", "camelCaseName HTTPServer", "don't can't won't", "l'église d'été", "O'Brien's", "y'all'd've", "'tis the season", "dogs' toys", "'", "''", "'s", "'S", "'re", "s'", "x's's", "2's", "é's", "猫's", "!'s",
]

# What is read with which code page, one or two times, and what became of it on the way.
MISREAD = [
    ("café au lait", "latin-1"), ("El Niño está aquí", "latin-1"), ("Füße über Straße", "sloppy-windows-1252"), ("it’s a “quoted” text…", "sloppy-windows-1252"),
    ("naïve résumé — déjà vu", "sloppy-windows-1252"), ("€5 £3 ¥100", "sloppy-windows-1252"), ("кошка на окне", "sloppy-windows-1252"), ("Москва", "latin-1"),
    ("Ελληνικά γράμματα", "sloppy-windows-1252"), ("מזל טוב", "sloppy-windows-1252"), ("صورة قطة", "sloppy-windows-1252"), ("猫が好き", "sloppy-windows-1252"),
    ("一只猫在沙发上", "latin-1"), ("고양이 사진", "sloppy-windows-1252"), ("😀 happy 🐱", "sloppy-windows-1252"), ("हिन्दी", "sloppy-windows-1252"),
    ("ไทย", "sloppy-windows-1252"), ("Łódź żółć", "sloppy-windows-1252"), ("Příliš žluťoučký kůň", "sloppy-windows-1252"), ("™ and © 2020 ®", "sloppy-windows-1252"),
    ("½ × ²", "sloppy-windows-1252"), ("кошка и собака", "sloppy-windows-1251"), ("it’s “here” – now", "sloppy-windows-1251"), ("café", "sloppy-windows-1251"),
    ("Dvořák’s “Rusalka”", "sloppy-windows-1250"), ("zażółć gęślą jaźń", "sloppy-windows-1250"), ("Ελλάδα", "sloppy-windows-1253"), ("it’s “here”", "sloppy-windows-1253"),
    ("İstanbul’da", "sloppy-windows-1254"), ("čaj “lietuviškai”", "sloppy-windows-1257"), ("Čeština", "iso-8859-2"), ("café – it’s “here”", "macroman"),
    ("naïve résumé", "macroman"), ("café crème", "cp437"), ("über “alles”", "cp437"), ("¡Qué día!", "sloppy-windows-1252"),
]


def mojibake():
    texts = [text.encode("utf-8").decode(page) for text, page in MISREAD]
    # Two layers, and three.
    for text in ("café", "it’s", "猫", "naïve — “x”"):
        once = text.encode("utf-8").decode("sloppy-windows-1252")
        twice = once.encode("utf-8").decode("sloppy-windows-1252")
        texts += [twice, twice.encode("utf-8").decode("sloppy-windows-1252"), once.encode("utf-8").decode("latin-1")]
    for text in ("voilà le travail", "à la mode", "Ã  propos", "vai àquele lugar", "às vezes", "Šumava kočka"):
        texts.append(text.encode("utf-8").decode("sloppy-windows-1252").replace("\xa0", " "))
    texts += [
        # Bytes without a character that were replaced on the way.
        "â€œlike thisâ€\ufffd", "â€œlike thisâ€?", "caf\u00c3\ufffd", "caf\u00c3? noir", "ð\ufffd˜€ happy", "Ã\ufffd la carte", "hÃ?te",
        # Halves of surrogate pairs written one by one, and Java's zero.
        "\u00ed\u00a0\u00bd\u00ed\u00b8\u0080 smile", "here\u00c0\u0080 zero \u00c3\u00a9",
        # Two sources in one text.
        "кошка and cafÃ©", "猫 says itâ€™s fine", "naïve (cafÃ©) 猫", "ÃºÃ± Ελλάδα", "“quoted” donâ€™t", "Ð¼Ñ‹ ÐŸÐ¸Ñ\u0081Ð°Ð»Ð¸ – 猫", "a cafÃ© for €5 ‹x› 猫",
        # Control characters that were Windows-1252, alone and beside UTF-8.
        "don\x92t \x93stop\x94", "caf\xe9 \x96 na\xefve", "猫 \x85 \x80uro", "x\x81y\x9d", "RÃ©sumÃ© \x80 ok", "\xe2\x80\x99tis", "\x80\x81\x82",
        "Â© 2020 Â®", "5Â°C Â± 1", "Â¿QuÃ©?", "1Â½ cups", "Â£100 Â¥5", "cafÃ©\nit’s\nnaÃ¯ve", "cat &acirc;&euro;&trade;s", "&Atilde;&copy;", "l’Ã©glise d’Ã©tÃ©",
        "à²•à²¨à³\u008dà²¨à²¡", "Ø§Ù„Ø¹Ø±Ø¨ÙŠØ©", "×¢×‘×¨×™×ª", "ГўВЂВњquotedГўВЂВќ x", "√© caf√©", "‚Äútext‚Äù", "Î\u0095Î»Î»Î¬Î´Î±", "ВЈ100", "вЂњquotedвЂќ",
    ]
    return texts


# Texts that look a little like it and have to stay as they are.
MEANT = [
    "ÀÉÎÕÜ", "à la carte", "Á Â Ã", "São Tomé", "Ação já", "IRMÃ", "IRMÃ JOANA", "PÂNTANO", "Âncora", "Â la Â", "Ça va?", "ÉTÉ À PARIS", "Œuvre d'art", "œuf", "cœur œ x", "Ærø Åland", "Ångström Åre", "el señor Ñ",
    "5°C", "Nº 5", "1ª 2º", "¿Qué?", "¡Hola!", "«guillemets»", "» inverted «", "„unten“ ‚so‘", "£5 €6 ¥7", "5 µm ± 2", "¼ ½ ¾", "2 × 3 ÷ 4", "©2020 ®x™", "§ 5 ¶ 6", "¬x", "a¦b", "¨umlaut¨", "¯\\_(ツ)_/¯",
    "ʕ•ᴥ•ʔ", "(╯°□°)╯︵ ┻━┻", "┌─┐ │x│ └─┘", "╔══╗", "█▓▒░", "(ò_ó)", "ヽ(´ー｀)ノ", "¸.·´¯`·.¸", "√2 ≈ 1.41", "∑ ∏ ∫ ∞ ≤ ≥", "∂x/∂t", "Ελληνικά", "ΒΓΞΟ", "ΝΑΊ. ΌΧΙ", "β€ x", "Россия", "ВГРС", "ГОСТ Р", "«Привет», мир", "СССР – 1987",
    "č ć š đ ž", "Škoda Žižkov", "žluťoučký kůň", "Łódź", "zażółć gęślą jaźń", "İstanbul ğ ş", "Rīga ā ē ī", "Việt Nam", "Þór ð æ", "ßüß", "ÿ Ÿ", "d’été", "“x” ‘y’", "it’s…", "a – b — c", "• one • two", "† ‡ ‰", "ƒ(x)", "˜ ˆ ˇ", "x\u00a0y", "soft\u00adhyphen", "Ã", "Â", "â", "ã é",
    "Ù ù Ø ø", "Ðe ðat", "×", "Î", "naïve “café” – 5 €", "100 €", "€100", "À €5", "é€", "Café®", "Señor™", "Año ½", "où ²", "l’œil", "œ", "fiancé’s", "déjà-vu’", "MÜNCHEN’S", "ÀÈ“x”", "Á·Á", "㋡ ☺", "アニメ〜♪", "ﾊﾝｶｸ",
]

WORDS = "cat dog photo the of a picture running winter 17 résumé naïve Straße кошка猫 😀 it's they're & &lt; <b> _x_ — “q” ① ﬁ Ｗ ά Σ ΣΣ \u0301 \u200b 1987, f/2.8 don't snake_case !!! ... … ½ हिन्दी 한국 ไทย עברית عربى".split(" ")


def strings():
    rng = random.Random(3)
    texts = list(HAND)
    while len(texts) < 330:
        glue = rng.choice([" ", " ", "  ", "", "\n", "\t", "-"])
        text = glue.join(rng.choice(WORDS) for _ in range(rng.randint(1, 14)))
        if rng.random() < 0.2:
            text = text.upper()
        texts.append(text)
    return texts + mojibake() + MEANT


# --- training -------------------------------------------------------------------------------------------------------


def train_clip_merges(count):
    """Byte pair encoding with `</w>`, by the plain method."""
    from open_clip.tokenizer import bytes_to_unicode, whitespace_clean, basic_clean
    import regex

    pattern = regex.compile(r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+", regex.IGNORECASE)
    symbols = bytes_to_unicode()
    words = collections.Counter()
    for token in regex.findall(pattern, whitespace_clean(basic_clean(CORPUS)).lower()):
        mapped = [symbols[b] for b in token.encode("utf-8")]
        words[tuple(mapped[:-1] + [mapped[-1] + "</w>"])] += 1
    merges = []
    while len(merges) < count:
        pairs = collections.Counter()
        for word, n in words.items():
            for pair in zip(word, word[1:]):
                pairs[pair] += n
        if not pairs:
            break
        best = max(pairs, key=lambda p: (pairs[p], p))
        merges.append(best)
        joined = collections.Counter()
        for word, n in words.items():
            out, i = [], 0
            while i < len(word):
                if word[i:i + 2] == best:
                    out.append(best[0] + best[1])
                    i += 2
                else:
                    out.append(word[i])
                    i += 1
            joined[tuple(out)] += n
        words = joined
    return merges


def clip_vocab(merges):
    from open_clip.tokenizer import bytes_to_unicode

    vocab = list(bytes_to_unicode().values())
    vocab = vocab + [v + "</w>" for v in vocab] + ["".join(m) for m in merges]
    return vocab


def double_array(entries):
    """A small darts-like trie and its replacements, as SentencePiece compiles them."""
    blob, offsets = bytearray(), {}
    root = {}
    for key, value in entries.items():
        offsets[key] = len(blob)
        blob += value.encode() + b"\0"
        node = root
        for byte in key.encode():
            node = node.setdefault(byte, {})
        node[0] = offsets[key]
    units = [0] * 65536
    used = {0}

    def place(node, at):
        labels = sorted(node)
        base = 1
        while any((base ^ label) in used for label in labels):
            base += 1
        offset = base ^ at
        assert offset < (1 << 21)
        used.update(base ^ label for label in labels)
        units[at] |= offset << 10
        if 0 in node:
            units[at] |= 1 << 8
            units[base] = node[0] | (1 << 31)
        for label in labels:
            if label:
                units[base ^ label] |= label
                place(node[label], base ^ label)

    place(root, 0)
    size = ((max(used) // 256) + 1) * 256
    raw = b"".join(u.to_bytes(4, "little") for u in units[:size])
    return len(raw).to_bytes(4, "little") + raw + bytes(blob)


def train_unigram():
    charsmap = double_array({"ﬁ": "fi", "ﬂ": "fl", "Ｗ": "W", "①": "1", "\u3000": " ", "½": "1/2", "…": "...", "é": "e!", "e\u0301": "é", "ｶ": "カ", "\u200b": "", "“": '"', "\t": " ", "\n": " "})
    tok = Tokenizer(models.Unigram())
    tok.normalizer = normalizers.Sequence([
        normalizers.Precompiled(charsmap), normalizers.Lowercase(), normalizers.Replace(Regex(r"[!\"#$%&'()*,./:;<=>?@\[\]^_`{|}~]"), ""),
        normalizers.Replace(Regex(r"\s+"), " "), normalizers.Strip()])
    tok.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always", split=True)
    trainer = trainers.UnigramTrainer(vocab_size=420, special_tokens=["<pad>", "</s>", "<unk>"], unk_token="<unk>", show_progress=False)
    tok.train_from_iterator(CORPUS.splitlines(), trainer)
    tok.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    tok.decoder = decoders.Metaspace()
    return tok


def train_gemma():
    tok = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tok.normalizer = normalizers.Replace(" ", "▁")
    tok.pre_tokenizer = pre_tokenizers.Split(" ", behavior="merged_with_previous")
    special = ["<pad>", "<eos>", "<bos>", "<unk>"] + [f"<0x{b:02X}>" for b in range(256)]
    trainer = trainers.BpeTrainer(vocab_size=620, special_tokens=special, show_progress=False, max_token_length=12)
    tok.train_from_iterator(CORPUS.splitlines(), trainer)
    # Byte tokens are plain vocabulary in the published files, not added tokens.
    data = json.loads(tok.to_str())
    data["added_tokens"] = [t for t in data["added_tokens"] if not t["content"].startswith("<0x")]
    tok = Tokenizer.from_str(json.dumps(data))
    tok.post_processor = processors.TemplateProcessing(single="$A <eos>", special_tokens=[("<eos>", 1)])
    return tok


def train_wordpiece():
    tok = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tok.normalizer = normalizers.BertNormalizer(lowercase=True)
    tok.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(vocab_size=400, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"], show_progress=False)
    tok.train_from_iterator(CORPUS.splitlines(), trainer)
    tok.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return tok


def train_byte_level():
    tok = Tokenizer(models.BPE(ignore_merges=True))
    tok.normalizer = normalizers.NFKC()
    pattern = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    tok.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(pattern), behavior="isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    trainer = trainers.BpeTrainer(vocab_size=500, special_tokens=["<s>", "</s>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    tok.train_from_iterator(CORPUS.splitlines(), trainer)
    tok.add_tokens([AddedToken("résumé", single_word=True), AddedToken(" the ", lstrip=True, rstrip=True)])
    tok.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=False), processors.TemplateProcessing(single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 1)])])
    tok.decoder = decoders.ByteLevel()
    return tok


def dump(name, value):
    with open(os.path.join(OUT, name), "w", encoding="utf-8") as f:
        json.dump(value, f, ensure_ascii=True, separators=(",", ":"))


def hf_clip(vocab, merges):
    return CLIPTokenizer(vocab={v: i for i, v in enumerate(vocab + ["<|startoftext|>", "<|endoftext|>"])}, merges=merges)


def real_merges():
    path = os.path.join(os.path.dirname(open_clip.__file__), "bpe_simple_vocab_16e6.txt.gz")
    lines = gzip.open(path).read().decode("utf-8").split("\n")[1:49152 - 256 - 2 + 1]
    return [tuple(line.split()) for line in lines]


if __name__ == "__main__":
    texts = strings()
    merges = train_clip_merges(700)
    # No line end at the end: the reference would count the empty line as a merge.
    table = "#version: small\n" + "\n".join(" ".join(m) for m in merges)
    path = os.path.join(OUT, "small_bpe.txt.gz")
    with open(path, "wb") as f:
        with gzip.GzipFile(fileobj=f, mode="wb", mtime=0, filename="") as g:
            g.write(table.encode())
    vocab = clip_vocab(merges)
    small_hf = hf_clip(vocab, merges)
    folder = os.path.join(OUT, "small_clip")
    os.makedirs(folder, exist_ok=True)
    small_hf.backend_tokenizer.save(os.path.join(folder, "tokenizer.json"))
    data = json.load(open(os.path.join(folder, "tokenizer.json")))
    data["model"]["merges"] = data["model"]["merges"]
    dump("small_clip/tokenizer.json", data)
    files = os.path.join(OUT, "small_files")
    os.makedirs(files, exist_ok=True)
    dump("small_files/vocab.json", {v: i for i, v in enumerate(vocab + ["<|startoftext|>", "<|endoftext|>"])})
    with open(os.path.join(files, "merges.txt"), "w", encoding="utf-8") as f:
        f.write(table)

    simple = {clean: SimpleTokenizer(bpe_path=path, clean=clean) for clean in ("lower", "whitespace", "canonicalize")}
    real_simple = SimpleTokenizer()
    real = real_merges()
    real_hf = hf_clip(clip_vocab(real), real)
    rows = []
    for text in texts:
        row = {"text": text, "clean": {c: get_clean_fn(c)(text) for c in simple},
               "small": {c: t.encode(text) for c, t in simple.items()},
               "small_hf": small_hf(text)["input_ids"], "real": real_simple.encode(text), "real_hf": real_hf(text)["input_ids"]}
        if ftfy.fix_encoding(text) != text:
            row["mojibake"] = True
        rows.append(row)
    assert sum("mojibake" in row for row in rows) >= 80
    meant = [row for row in rows if row["text"] in MEANT and "mojibake" not in row]
    assert len(meant) >= 80, [row["text"] for row in rows if row["text"] in MEANT and "mojibake" in row]
    dump("strings.json", rows)

    for name, tok in (("unigram", train_unigram()), ("gemma", train_gemma()), ("wordpiece", train_wordpiece()), ("bytelevel", train_byte_level())):
        dump(f"{name}.json", json.loads(tok.to_str()))
        dump(f"{name}_ids.json", [tok.encode(t).ids for t in texts])
    print(len(texts), "strings;", sum(1 for r in rows if r.get("mojibake")), "mojibake;", "vocab", len(vocab) + 2)
