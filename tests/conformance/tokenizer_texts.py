"""Tokenizers of language models on corpora and random Unicode: ids, tokens, offsets and texts as Hugging Face's tokenizers and
sentencepiece give them. A thousand lines of each corpus are taken, or with LAMINA_WHOLE_CORPORA=1 all of them (hours).

Tokenizers of every kind learn from the corpora (tools/golden/subword_tokenizers.py); SentencePiece models are those in
../shared/models/tokenizers. What is not there is left out, and said so.
"""
import gzip
import itertools
import json
import os
import random
import subprocess

import sentencepiece
import subword_tokenizers

CORPORA = ["imdb_reviews", "sst", "airline_tweets", "multi30k", "tatoeba_en_zh", "chinese_poems", "waimai_10k", "chnsenticorp_hotel",
           "tiny_shakespeare"]
ENDINGS = (".tsv", ".txt", ".csv", ".en", ".fr", ".de", ".zh", ".gz")
OFTEN = [0x300, 0x301, 0x308, 0x327, 0x3099, 0x309A, 0xFE0F, 0x1F3FB, 0x1F468, 0x200D, 0x1F1E9, 0x2764, 0x3000, 0xA0, 0x200B, 0xFEFF,
         0, 1, 0x7F, 0x85, 0x2028, 0x2581, 0x180E, 9, 10, 13, 0xFFFD]
BLOCKS = [(32, 126)] * 6 + [(0x80, 0x600), (0x600, 0xFFF), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0x1100, 0x11FF), (0xFF00, 0xFFEF),
                            (0x1F300, 0x1FAFF), (0x1000, 0xD7FF), (0x10000, 0x1FFFF), (0x20000, 0x10FFFF)]


def lines_of(folder):
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix in ENDINGS:
            with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8", errors="replace") as file:
                yield from (line.rstrip("\n") for line in file if line.strip())


def random_texts(seed, count):
    rng = random.Random(seed)
    def character():
        return chr(rng.choice(OFTEN)) if rng.random() < 0.2 else chr(rng.randint(*rng.choice(BLOCKS)))
    return ["".join(character() for _ in range(rng.randint(1, 40))) for _ in range(count)]


def ours(binaries, work, model, texts):
    lines, out = work / "tokenize.jsonl", work / "tokenized.jsonl"
    lines.write_text("".join(json.dumps(text) + "\n" for text in texts))
    subprocess.run([binaries / "lamina_conformance", "tokenize", model, lines, out], check=True, stdout=subprocess.PIPE)
    with open(out, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def differences(texts, theirs, ours):
    """Raises for the first text of which something differs; both are dictionaries, ours with more in it."""
    assert len(texts) == len(theirs) == len(ours), (len(texts), len(theirs), len(ours))
    different = [(text, key, their[key], our[key]) for text, their, our in zip(texts, theirs, ours) for key in their if their[key] != our[key]]
    if different:
        text, key, theirs, mine = different[0]
        raise AssertionError(f"{len(different)} differences in {len(texts)} texts; {key} of {text[:100]!r}: {theirs!s:.200} and here {mine!s:.200}")


def parts(texts):
    """A few thousand at a time: encodings of a whole corpus are more than memory holds."""
    texts = iter(texts)
    return iter(lambda: list(itertools.islice(texts, 5000)), [])


def check_json(binaries, work, tokenizer, texts):
    path = work / "tokenizer.json"
    tokenizer.save(str(path))
    for some in parts(texts):
        theirs = [{"ids": e.ids, "tokens": e.tokens, "offsets": [n for pair in e.offsets for n in pair],
                   "decoded": tokenizer.decode(e.ids, skip_special_tokens=False), "streamed": True} for e in tokenizer.encode_batch(some)]
        differences(some, theirs, ours(binaries, work, path, some))


def check_sentencepiece(binaries, work, path, texts):
    model = sentencepiece.SentencePieceProcessor(model_file=str(path))
    for some in parts(texts):
        theirs = [{"ids": ids, "tokens": model.encode(text, out_type=str), "decoded": model.decode(ids)}
                  for text in some for ids in [model.encode(text)]]
        differences(some, theirs, ours(binaries, work, path, some))


def run(binaries, work, shared, seed):
    """(passed, failed)"""
    passed = failed = 0
    whole, lines = os.environ.get("LAMINA_WHOLE_CORPORA") == "1", []
    texts = random_texts(seed, 20000 if whole else 4000)
    for name in CORPORA:
        if not (shared / "data" / name).exists():
            print(f"skipped: the corpus {name} is not in {shared / 'data'}")
            continue
        every = list(lines_of(shared / "data" / name))
        lines += every if whole else random.Random(seed).sample(every, min(1000, len(every)))
    learned = [text[:300] for text in lines or texts]
    learned = random.Random(seed).sample(learned, min(10000, len(learned)))
    texts += lines
    # More than there are characters, which Unigram's trainer asks for.
    checks = [(name, check_json, tokenizer) for name, tokenizer in subword_tokenizers.cases(learned, 20000)]
    models = sorted((shared / "models" / "tokenizers").glob("*/*.model")) + sorted((shared / "models" / "tokenizers").glob("*/*.spm"))
    if not models:
        print(f"skipped: no SentencePiece models are in {shared / 'models'}")
    checks += [(path.name, check_sentencepiece, path) for path in models]
    for name, check, model in checks:
        try:
            check(binaries, work, model, texts)
            passed += 1
        except Exception as error:  # noqa: BLE001: whatever goes wrong is a failed check
            failed += 1
            print(f"FAILED: {name}: {type(error).__name__}: {str(error)[:600]}")
    return passed, failed
