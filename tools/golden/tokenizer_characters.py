"""Writes lamina/text/tokenizers/detail/character_ranges.cpp: what a character is to the parts of Hugging Face's tokenizers.

Its parts know versions of Unicode of their own (Oniguruma's, Rust's, those of two crates), which no library here has. So each
character is shown to the part that asks, and what it did is written down.
usage: python tools/golden/tokenizer_characters.py      with tokenizers 0.23.3 and a libpcre2-8 to compare with
"""
import ctypes
import ctypes.util
import pathlib

from tokenizers import Regex, __version__, normalizers, pre_tokenizers

OUT = pathlib.Path(__file__).resolve().parents[2] / "lamina/text/tokenizers/detail/character_ranges.cpp"
CODES = [c for c in range(1, 0x110000) if not 0xD800 <= c <= 0xDFFF]


def split(part, around="\x01"):
    """The characters that `part` parts from what is around them, or removes."""
    def alone(c):
        text = around + chr(c) + around
        pieces = part.pre_tokenize_str(text)
        return len(pieces) != 1 or pieces[0][0] != text
    return {c for c in CODES if alone(c)}


def removed(part):
    return {c for c in CODES if part.normalize_str("a" + chr(c) + "a") == "aa"}


def bert(**options):
    return normalizers.BertNormalizer(**{**dict(clean_text=False, handle_chinese_chars=False, strip_accents=False,
                                                lowercase=False), **options})


def category(name):
    return split(pre_tokenizers.Split(Regex("\\p{%s}" % name), "isolated"))


def pcre_category(name):
    """The same by PCRE2."""
    library = ctypes.CDLL(ctypes.util.find_library("pcre2-8"))
    library.pcre2_compile_8.restype = library.pcre2_match_data_create_8.restype = ctypes.c_void_p
    pattern = ("\\p{%s}" % name).encode()
    error, place = ctypes.c_int(), ctypes.c_size_t()
    code = ctypes.c_void_p(library.pcre2_compile_8(pattern, ctypes.c_size_t(len(pattern)), 0x000A0000,
                                                   ctypes.byref(error), ctypes.byref(place), None))
    assert code
    data = ctypes.c_void_p(library.pcre2_match_data_create_8(2, None))
    found = set()
    for c in CODES:
        text = chr(c).encode()
        if library.pcre2_match_8(code, text, ctypes.c_size_t(len(text)), ctypes.c_size_t(0), 0, data, None) > 0:
            found.add(c)
    return found


def ranges(codes):
    result = []
    for c in sorted(codes):
        if result and result[-1][1] == c - 1:
            result[-1][1] = c
        else:
            result.append([c, c])
    return result


def rows(codes):
    words = [(f"{{0x{a:X}, 0x{b:X}}}") for a, b in ranges(codes)]
    lines, line = [], ""
    for word in words:
        if len(line) + len(word) + 4 > 108:
            lines.append(line)
            line = ""
        line += ("    " if not line else " ") + word + ","
    return "\n".join(lines + [line])


def main():
    regex_word = {c for c in CODES if len(pre_tokenizers.Whitespace().pre_tokenize_str("a" + chr(c) + "a")) == 1}
    tables = [
        ("kLetter", category("L"), "\\p{L} of Oniguruma"),
        ("kNumber", category("N"), "\\p{N} of Oniguruma"),
        ("kNumeric", split(pre_tokenizers.Digits(individual_digits=True), "a"), "is_numeric of Rust"),
        ("kSpace", split(pre_tokenizers.WhitespaceSplit(), "a"), "is_whitespace of Rust, and \\s of Oniguruma"),
        ("kPunctuation", split(pre_tokenizers.Punctuation("isolated"), "a"), "Punctuation and BertPreTokenizer"),
        ("kControl", removed(bert(clean_text=True)) - {0xFFFD} | {0}, "what BertNormalizer removes"),
        ("kCombining", removed(normalizers.StripAccents()), "what StripAccents removes"),
        ("kNonspacing", removed(bert(strip_accents=True)), "what BertNormalizer's strip_accents removes"),
        ("kWord", regex_word, "\\w of Rust's regex"),
    ]
    text = f"""// What characters are to the parts of Hugging Face's tokenizers {__version__}; written by tools/golden/tokenizer_characters.py.
// Reason for its length: it is a table.
#include "lamina/text/tokenizers/detail/character_ranges.h"

namespace lamina::detail::tokenizers {{
namespace {{
"""
    for name, codes, what in tables:
        text += f"\n// {what}\nconstexpr CharacterRange {name}Ranges[] = {{\n{rows(codes)}\n}};\n"
    names = ["L", "Lu", "Ll", "Lm", "Lo", "N", "Nd", "Nl", "No", "M", "Mn", "Mc", "P", "Po", "S", "So", "Sm"]
    newer = [(name, category(name) - pcre_category(name)) for name in names]
    newer = [(name, codes) for name, codes in newer if codes]
    text += "\n// Characters that Oniguruma's Unicode has in a category, and that of PCRE2 10.42 has not.\n"
    for name, codes in newer:
        text += f"constexpr CharacterRange kNewer{name}[] = {{\n{rows(codes)}\n}};\n"
    text += "\n}  // namespace\n\nstd::vector<CharacterTable> character_tables() {\n  return {\n"
    for name, _, _ in tables:
        text += f"      {{{name}, {name}Ranges}},\n"
    text += "  };\n}\n\nstd::vector<NewerCharacters> newer_characters() {\n  return {\n"
    for name, _ in newer:
        text += f"      {{\"{name}\", kNewer{name}}},\n"
    text += "  };\n}\n\n}  // namespace lamina::detail::tokenizers\n"
    OUT.write_text(text)


if __name__ == "__main__":
    main()
