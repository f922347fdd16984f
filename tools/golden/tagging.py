"""Scores of made-up tags by seqeval: tests/golden/text/tagging.json.

Needs seqeval alone (1.2.2 last): python3 -m venv V && V/bin/pip install seqeval && V/bin/python tools/golden/tagging.py
A list of cases: {"scheme", "suffix", "truth", "predicted", "spans" (of the truth: [type, begin, end] of each text), "types": {type:
[precision, recall, f1, support]}, "micro", "macro", "weighted": the same, "accuracy"}. Without a scheme it is seqeval's default mode.
"""
import json
import os
import pathlib
import random
import warnings

from seqeval.metrics import accuracy_score, classification_report
from seqeval.metrics.sequence_labeling import get_entities
from seqeval.scheme import IOB1, IOB2, IOBES, IOE1, IOE2, BILOU, Entities

warnings.simplefilter("ignore")
GOLDEN = pathlib.Path(os.environ.get("LAMINA_GOLDEN") or pathlib.Path(__file__).resolve().parents[2] / "tests" / "golden")
SCHEMES = {"": ("BIOES", None), "IOB1": ("IOB", IOB1), "IOB2": ("IOB", IOB2), "IOE1": ("IOE", IOE1), "IOE2": ("IOE", IOE2),
           "IOBES": ("IOBES", IOBES), "BILOU": ("BILOU", BILOU)}
TYPES = ["PER", "LOC", "MISC-X", ""]


def tag(draw, prefixes, suffix, types):
    prefix = draw.choice(prefixes)
    kind = draw.choice(types)
    if prefix == "O":
        return "O"
    if not kind:
        return prefix
    return f"{kind}-{prefix}" if suffix else f"{prefix}-{kind}"


def texts(draw, prefixes, suffix, types):
    return [[tag(draw, prefixes, suffix, types) for _ in range(draw.randrange(0, 12))] for _ in range(6)]


def changed(draw, truth, prefixes, suffix, types):
    return [[tag(draw, prefixes, suffix, types) if draw.random() < 0.25 else one for one in text] for text in truth]


def numbers(row):
    return [float(row["precision"]), float(row["recall"]), float(row["f1-score"]), int(row["support"])]


def case(name, suffix, draw, types):
    prefixes, scheme = SCHEMES[name]
    truth = texts(draw, prefixes, suffix, types)
    predicted = changed(draw, truth, prefixes, suffix, types)
    options = {"mode": "strict", "scheme": scheme} if scheme else {}
    report = classification_report(truth, predicted, suffix=suffix, output_dict=True, zero_division=0, **options)
    if scheme:
        spans = [[[e.tag, e.start, e.end] for e in sentence] for sentence in Entities(truth, scheme, suffix).entities]
    else:
        spans = [[[kind, begin, end + 1] for kind, begin, end in get_entities(text, suffix=suffix)] for text in truth]
    return {"scheme": name, "suffix": suffix, "truth": truth, "predicted": predicted, "spans": spans,
            "types": {key: numbers(row) for key, row in report.items() if not key.endswith(" avg")},
            "micro": numbers(report["micro avg"]), "macro": numbers(report["macro avg"]), "weighted": numbers(report["weighted avg"]),
            "accuracy": float(accuracy_score(truth, predicted))}


def main():
    cases = []
    for name in SCHEMES:
        for suffix in (False, True):
            for number in range(6):
                draw = random.Random(f"{name} {suffix} {number}")
                cases.append(case(name, suffix, draw, TYPES if number % 2 else TYPES[:3]))
    (GOLDEN / "text" / "tagging.json").write_text(json.dumps(cases, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
