"""Writes lamina/text/tokenizers/detail/script_ranges.cpp: the writing systems that UnicodeScripts of Hugging Face's tokenizers tells apart.

It has a table of its own version of Unicode, with Hiragana and Katakana counted as Han. So each character is shown to it beside one of
every system met so far, and what it did is written down.
usage: python tools/golden/tokenizer_scripts.py      with tokenizers 0.23.3
"""
import pathlib

from tokenizers import __version__, pre_tokenizers
from tokenizer_characters import CODES

OUT = pathlib.Path(__file__).resolve().parents[2] / "lamina/text/tokenizers/detail/script_ranges.cpp"
PART = pre_tokenizers.UnicodeScripts()


def together(a, b):
    return len(PART.pre_tokenize_str(chr(a) + chr(b))) == 1


def main():
    first, found = [], []  # a character of each system; [first, last, system]
    for code in [0, *CODES]:
        if not PART.pre_tokenize_str(chr(code)):
            continue  # belongs to any system
        if found and found[-1][1] == code - 1 and together(code - 1, code):
            found[-1][1] = code
            continue
        system = next((i for i, one in enumerate(first) if together(one, code)), len(first))
        if system == len(first):
            first.append(code)
        found.append([code, code, system + 1])
    assert len(first) < 256
    lines, line = [], "   "
    for a, b, system in found:
        word = f" {{0x{a:X}, 0x{b:X}, {system}}},"
        if len(line) + len(word) > 108:
            lines, line = [*lines, line], "   "
        line += word
    OUT.write_text(f"""// Writing systems as UnicodeScripts of Hugging Face's tokenizers {__version__} knows them; written by tools/golden/tokenizer_scripts.py.
// Reason for its length: it is a table.
#include "lamina/text/tokenizers/detail/script_ranges.h"

namespace lamina::detail::tokenizers {{
namespace {{

constexpr ScriptRange kScriptRanges[] = {{
""" + "\n".join([*lines, line]) + """
};

}  // namespace

std::span<const ScriptRange> script_ranges() { return kScriptRanges; }

}  // namespace lamina::detail::tokenizers
""")


if __name__ == "__main__":
    main()
