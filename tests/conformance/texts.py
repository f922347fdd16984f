"""Whole corpora through Lamina, Keras and scikit-learn: the same vocabularies, numbers and weights, and files that move
both ways.

The corpora are folders with train.tsv(.gz) and test.tsv(.gz) in $LAMINA_DATA, or else in ../shared/data; one that is not
there is left out, and said so.
"""
import gzip
import json
import os
import subprocess

import numpy as np
from common import keras
from keras.src.legacy.preprocessing.text import Tokenizer, tokenizer_from_json
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

CORPORA = ["imdb_reviews", "airline_tweets", "sst", "chnsenticorp_hotel", "waimai_10k"]
CHINESE = ["chnsenticorp_hotel", "waimai_10k"]


def texts(path):
    """The column `text` of a table; fields are not quoted."""
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8", newline="\n") as file:
        rows = [line.rstrip("\n").split("\t") for line in file]
    column = rows[0].index("text")
    return [row[column] for row in rows[1:]]


def corpus(folder, part):
    return next(texts(folder / name) for name in (f"{part}.tsv", f"{part}.tsv.gz") if (folder / name).exists())


class Corpus:
    def __init__(self, binaries, work, name, folder):
        self.binaries, self.work, self.name = binaries, work, name
        self.train, self.test = corpus(folder, "train"), corpus(folder, "test")

    def ours(self, class_name, config, **more):
        """(what Lamina saved, its arrays) after it learned from the training part."""
        job, out = self.work / "job.json", self.work / "text"
        job.write_text(json.dumps({"object": {"class_name": class_name, "config": config}, "train": self.train, "test": self.test, **more},
                                  ensure_ascii=False))
        subprocess.run([self.binaries / "lamina_conformance", "text", job, out], check=True, stdout=subprocess.PIPE)
        return json.loads(out.with_suffix(".json").read_text()), np.load(out.with_suffix(".npz"))


def equal(name, ours, theirs):
    if isinstance(ours, np.ndarray):
        assert ours.shape == theirs.shape and ours.dtype == theirs.dtype, (name, ours.shape, theirs.shape, ours.dtype, theirs.dtype)
        assert np.array_equal(ours, theirs), (name, "first difference at", np.argwhere(ours != theirs)[0])
    else:
        assert ours == theirs, name


def near(name, ours, theirs, tolerance):
    assert ours.shape == theirs.shape, (name, ours.shape, theirs.shape)
    worst = np.max(np.abs(ours - theirs) / np.maximum(1, np.abs(theirs)), initial=0)
    assert worst <= tolerance, (name, worst)


def tokenizer(corpus, **options):
    theirs = Tokenizer(**options)
    theirs.fit_on_texts(corpus.train)
    few = corpus.test[:300]
    config = {**json.loads(Tokenizer(**options).to_json())["config"]}
    modes = ["binary", "count", "freq", "tfidf"] if options.get("num_words", 10**6) <= 2000 else []
    ours, arrays = corpus.ours("Tokenizer", config, modes=modes, few=len(few))
    saved, kept = ours["config"], json.loads(theirs.to_json())["config"]
    for key in ("word_counts", "word_docs", "index_docs", "index_word", "word_index"):
        equal(key, json.loads(saved[key]), json.loads(kept[key]))
    for key in ("word_counts", "word_index", "index_word"):  # a set has no order; these have
        equal(key + " in order", list(json.loads(saved[key]).items()), list(json.loads(kept[key]).items()))
    equal("the rest", {k: v for k, v in saved.items() if not k.startswith(("word", "index"))},
          {k: v for k, v in kept.items() if not k.startswith(("word", "index"))})
    sequences = theirs.texts_to_sequences(corpus.test)
    padded = keras.utils.pad_sequences(sequences)
    equal("numbers", arrays["padded"], padded)
    equal("numbers by Keras from our file", tokenizer_from_json(json.dumps(ours)).texts_to_sequences(corpus.test), sequences)
    for mode in modes:
        near(mode, arrays[mode], theirs.texts_to_matrix(few, mode), 1e-15)


def vectorization(corpus, **options):
    theirs = keras.layers.TextVectorization(**options)
    theirs.adapt(np.array(corpus.train, dtype=object)[:, None])
    few = corpus.test[:300]
    config = {key: list(value) if isinstance(value, tuple) else value for key, value in options.items()}
    config = {"standardize": "lower_and_strip_punctuation", "split": "whitespace", **config}
    ours, arrays = corpus.ours("TextVectorization", config, few=len(few))
    words = theirs.get_vocabulary()
    equal("vocabulary", ours["config"]["vocabulary"], words)
    expected = np.asarray(theirs(np.array(few, dtype=object)[:, None]))
    again = keras.layers.TextVectorization.from_config(ours["config"])
    by_keras = np.asarray(again(np.array(few, dtype=object)[:, None]))
    if expected.dtype == np.float32:
        near("weights", arrays["output"], expected, 1e-6)
        near("weights by Keras from our file", by_keras, expected, 1e-6)
    else:
        equal("numbers", arrays["output"], expected)
        equal("numbers by Keras from our file", by_keras, expected)


def terms(corpus, kind, **options):
    theirs = kind(**options)
    fitted = theirs.fit_transform(corpus.train)
    fitted.sort_indices()
    counts = {key: list(value) if isinstance(value, tuple) else value for key, value in options.items()}
    tfidf = {key: counts.pop(key) for key in ("norm", "use_idf", "smooth_idf", "sublinear_tf") if key in counts}
    config = {**counts, "terms": []}
    if kind is TfidfVectorizer:
        tfidf["norm"] = tfidf.get("norm", "l2") or "none"
        config = {"counts": {"class_name": "CountVectorizer", "config": config}, **tfidf}
    ours, arrays = corpus.ours(kind.__name__, config)
    names = (ours["config"]["counts"] if kind is TfidfVectorizer else ours)["config"]["terms"]
    if theirs.get_feature_names_out().tolist() != names:
        # Of the terms as frequent as the last that has a place, scikit-learn takes those that an unstable sort leaves in front, and
        # Lamina the first by name: which they are may differ, and nothing else.
        everything = kind(**{**options, "max_features": None})
        kept = dict(zip(everything.fit(corpus.train).get_feature_names_out(),
                        np.asarray(CountVectorizer(**counts | {"max_features": None, "ngram_range": options.get("ngram_range", (1, 1))})
                                   .fit_transform(corpus.train).sum(axis=0)).ravel()))
        differ = set(names) ^ set(theirs.get_feature_names_out())
        assert len({kept[word] for word in differ}) == 1, differ
        last = min(kept[word] for word in names)
        assert all(kept[word] == last for word in differ), differ
        theirs = kind(**{**{k: v for k, v in options.items() if k not in ("max_features", "min_df", "max_df")}, "vocabulary": names})
        fitted = theirs.fit_transform(corpus.train)
        fitted.sort_indices()
    transformed = theirs.transform(corpus.test)
    transformed.sort_indices()
    for part, expected in (("fitted", fitted), ("transformed", transformed)):
        equal(part + " rows", arrays[part + "_indptr"], expected.indptr.astype(np.int64))
        equal(part + " columns", arrays[part + "_indices"], expected.indices.astype(np.int32))
        near(part + " values", arrays[part + "_values"], expected.data.astype(np.float64), 1e-14)


def checks(name):
    yield "Tokenizer", tokenizer, {}
    yield "Tokenizer, 1000 words", tokenizer, {"num_words": 1000, "oov_token": "<unk>"}
    yield "Tokenizer, characters", tokenizer, {"num_words": 500, "char_level": True}
    yield "TextVectorization", vectorization, {}
    yield "TextVectorization, 10000 words", vectorization, {"max_tokens": 10000, "output_sequence_length": 200}
    yield "TextVectorization, pairs", vectorization, {"max_tokens": 2000, "ngrams": 2, "output_mode": "count"}
    yield "TextVectorization, weights", vectorization, {"max_tokens": 2000, "output_mode": "tf_idf"}
    yield "TextVectorization, characters", vectorization, {"split": "character", "standardize": "lower"}
    yield "CountVectorizer", terms, {"kind": CountVectorizer}
    yield "CountVectorizer, 500 words", terms, {"kind": CountVectorizer, "max_features": 500}
    yield "CountVectorizer, pairs", terms, {"kind": CountVectorizer, "ngram_range": (1, 2), "min_df": 2, "max_df": 0.5}
    yield "TfidfVectorizer", terms, {"kind": TfidfVectorizer}
    yield "TfidfVectorizer, 5000 words", terms, {"kind": TfidfVectorizer, "max_features": 5000, "sublinear_tf": True, "norm": "l1"}
    if name in CHINESE:
        yield "CountVectorizer, characters", terms, {"kind": CountVectorizer, "analyzer": "char", "ngram_range": (1, 2), "min_df": 3}
        yield "TfidfVectorizer, within words", terms, {"kind": TfidfVectorizer, "analyzer": "char_wb", "ngram_range": (2, 3), "min_df": 3}


def run(binaries, work, data):
    """(passed, failed)"""
    passed = failed = 0
    folder = os.environ.get("LAMINA_DATA")
    for name in CORPORA:
        place = (data if folder is None else type(data)(folder)) / name
        if not place.exists():
            print(f"skipped: the corpus {name} is not in {place.parent}")
            continue
        corpus = Corpus(binaries, work, name, place)
        for what, check, options in checks(name):
            try:
                check(corpus, **options)
                passed += 1
            except Exception as error:  # noqa: BLE001: whatever goes wrong is a failed check
                failed += 1
                print(f"FAILED: {name}: {what}: {type(error).__name__}: {str(error)[:500]}")
    return passed, failed
