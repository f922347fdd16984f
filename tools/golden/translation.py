"""BLEU and chrF of made-up translations by sacreBLEU: tests/golden/text/translation.json.

Needs sacrebleu alone (2.6.0 last): python3 -m venv V && V/bin/pip install sacrebleu && V/bin/python tools/golden/translation.py
{"corpora": {name: {"hypotheses": [...], "references": [[...], ...]}}, "bleu": [case, ...], "chrf": [case, ...]}; a case has the corpus,
the options by their names, and what sacreBLEU says; "sentences" of the first one, too.
"""
import json
import logging
import os
import pathlib
import random

from sacrebleu.metrics import BLEU, CHRF

logging.disable(logging.WARNING)
GOLDEN = pathlib.Path(os.environ.get("LAMINA_GOLDEN") or pathlib.Path(__file__).resolve().parents[2] / "tests" / "golden")

WORDS = {
    "en": """the The a dog barks, loudly. don't "Quoted" 3.14 1,000 1.000,5 10-20 e-mail well-known U.S. etc.) (see &quot;this&quot; &amp;lt;
             <skipped> {x} [y] $5 50% a/b @home #tag snake_case C++ !!! ... :-) ~ naïve café Straße İstanbul ΟΔΟΣ ½ Ⅷ 3rd . , - '""".split(),
    "zh": "我 喜欢 这个 房间，非常 好。 “很好” 3.5元 ２００８年 （北京） ok! 𠀀𠀁 ﾊﾝｶｸ カタカナ … — ‘x’ €5 ☃ ①② 《书》 a.b 5.".split(),
    "odd": ["a\u00a0b", "c\u3000d", "e\tf", "g\u2028h", "i\x1cj", "-\nk", "l\nm", "😀", "👍🏽", "e\u0301", "x\u00ad", "\u200bz", "١٢٣", "٣٫٥", "«mot»", "¿qué?", "n°5",
            "+1", "=", "^", "`", "|", "\\", "a.1", "1.a", "1-", "-1", "ǅ", "ﬁ", "🇩🇪"],
}


def segment(draw, words, length):
    return " ".join(draw.choice(words) for _ in range(length))


def changed(draw, text, words):
    tokens = text.split(" ")
    for _ in range(max(1, len(tokens) // 5)):
        place, what = draw.randrange(len(tokens) + 1), draw.randrange(4)
        if what == 0:
            tokens.insert(place, draw.choice(words))
        elif what == 1 and len(tokens) > 1:
            tokens.pop(place - 1)
        elif what == 2 and place < len(tokens):
            tokens[place] = draw.choice(words)
        elif place < len(tokens):
            tokens[place] = tokens[place].upper()
    return " ".join(tokens)


def corpora():
    draw = random.Random(11)
    for name, words in WORDS.items():
        first = [segment(draw, words, draw.randrange(1, 16)) for _ in range(12)] + ["", " " + words[0] + "  ", words[1]]
        more = [[changed(draw, text, words) for text in first] for _ in range(3)]
        yield name, {"hypotheses": more[0], "references": [first]}
        yield name + "_several", {"hypotheses": more[0], "references": [more[1], first, more[2]]}
    yield "equal", {"hypotheses": ["The dog barks.", ""], "references": [["The dog barks.", ""]]}
    yield "nothing_shared", {"hypotheses": ["a b c d e"], "references": [["v w x y z"]]}
    yield "short", {"hypotheses": ["a b", "c"], "references": [["a b x y z", "c d e f"]]}
    yield "one_word", {"hypotheses": ["cat"], "references": [["cat"]]}
    yield "empty", {"hypotheses": ["", " "], "references": [["a b", ""]]}
    yield "empty_both", {"hypotheses": [""], "references": [[""]]}
    yield "empty_references", {"hypotheses": ["a b c d"], "references": [[""]]}


BLEU_OPTIONS = [{}, {"lowercase": True}, {"tokenize": "intl"}, {"tokenize": "char"}, {"tokenize": "zh"}, {"tokenize": "none"},
                {"smooth_method": "floor"}, {"smooth_method": "floor", "smooth_value": 0.5}, {"smooth_method": "add-k"},
                {"smooth_method": "add-k", "smooth_value": 2.5, "max_ngram_order": 6}, {"smooth_method": "none"},
                {"effective_order": True}, {"max_ngram_order": 2, "effective_order": True}]
CHRF_OPTIONS = [{}, {"word_order": 2}, {"word_order": 1, "lowercase": True}, {"whitespace": True}, {"beta": 1, "char_order": 4},
                {"eps_smoothing": True}, {"word_order": 2, "beta": 3, "eps_smoothing": True}]


def lines(corpus):
    """The segments with what is said of each: (hypothesis, its references)."""
    return list(zip(corpus["hypotheses"], zip(*corpus["references"])))


def bleu(name, corpus, options):
    metric = BLEU(**options)
    said = metric.corpus_score(corpus["hypotheses"], corpus["references"])
    single = BLEU(**{**options, "effective_order": True})
    return {"corpus": name, "options": options, "score": said.score, "precisions": list(said.precisions), "bp": said.bp, "sys_len": said.sys_len,
            "ref_len": said.ref_len, "signature": str(metric.get_signature()), "text": str(said),
            "sentences": [single.sentence_score(hypothesis, list(known)).score for hypothesis, known in lines(corpus)]}


def chrf(name, corpus, options):
    metric = CHRF(**options)
    said = metric.corpus_score(corpus["hypotheses"], corpus["references"])
    single = CHRF(**options)
    return {"corpus": name, "options": options, "score": said.score, "name": said.name, "signature": str(metric.get_signature()),
            "text": str(said), "sentences": [single.sentence_score(hypothesis, list(known)).score for hypothesis, known in lines(corpus)]}


def main():
    texts = dict(corpora())
    result = {"corpora": texts, "bleu": [bleu(name, corpus, options) for name, corpus in texts.items() for options in BLEU_OPTIONS],
              "chrf": [chrf(name, corpus, options) for name, corpus in texts.items() for options in CHRF_OPTIONS]}
    (GOLDEN / "text").mkdir(parents=True, exist_ok=True)
    (GOLDEN / "text" / "translation.json").write_text(json.dumps(result, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
