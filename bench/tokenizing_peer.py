"""Hugging Face's tokenizers beside ours (lamina_tokenizing): the same tokenizer, the same texts, as many threads.

usage: tokenizing_peer.py write FOLDER DATA     three tokenizer.json that learn from the corpora in DATA, and texts.txt
       tokenizing_peer.py run TOKENIZER TEXTS   how long encode_batch takes: one JSON line
"""
import gzip
import json
import pathlib
import random
import sys
import time

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

CORPORA = ("multi30k", "imdb_reviews", "waimai_10k")
KINDS = {
    "byte-level BPE": (models.BPE(), None, pre_tokenizers.ByteLevel(add_prefix_space=False),
                       trainers.BpeTrainer(vocab_size=30000, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)),
    "WordPiece": (models.WordPiece(unk_token="[UNK]"), normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer(),
                  trainers.WordPieceTrainer(vocab_size=30000, special_tokens=["[UNK]"], show_progress=False)),
    "Unigram": (models.Unigram(), normalizers.NFKC(), pre_tokenizers.Metaspace(),
                trainers.UnigramTrainer(vocab_size=20000, unk_token="<unk>", special_tokens=["<unk>"], show_progress=False))}


def lines(folder):
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix in (".tsv", ".txt", ".csv", ".en", ".fr", ".de", ".gz"):
            with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8", errors="replace") as file:
                yield from (line.strip() for line in file if line.strip())


def write(folder, data):
    folder.mkdir(parents=True, exist_ok=True)
    texts = []
    for name in CORPORA:
        texts += random.Random(0).sample(list(lines(data / name)), 3000)
    (folder / "texts.txt").write_text("\n".join(text.replace("\r", " ") for text in texts) + "\n", encoding="utf-8")
    for name, (model, normalizer, cut, trainer) in KINDS.items():
        tokenizer = Tokenizer(model)
        if normalizer:
            tokenizer.normalizer = normalizer
        tokenizer.pre_tokenizer = cut
        tokenizer.train_from_iterator(texts, trainer)
        tokenizer.save(str(folder / f"{name}.json"))
    print(json.dumps({"texts": len(texts)}))


def run(path, texts):
    tokenizer, texts = Tokenizer.from_file(path), pathlib.Path(texts).read_text(encoding="utf-8").split("\n")[:-1]
    clock = processor = 1e9
    for _ in range(5):
        start, before = time.perf_counter(), time.process_time()
        all_of_them = tokenizer.encode_batch(texts)
        processor, clock = min(processor, time.process_time() - before), min(clock, time.perf_counter() - start)
        tokens = sum(len(one.ids) for one in all_of_them)
        del all_of_them
    print(json.dumps({"seconds": clock, "processor_s": processor, "tokens": tokens}))


if sys.argv[1] == "write":
    write(pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3]))
else:
    run(*sys.argv[2:])
