"""Golden file of texts: text/text.npz, each entry a JSON text.

What Python knows of characters (letters and digits, lower case), and what Keras's Tokenizer and TextVectorization and
scikit-learn's CountVectorizer and TfidfVectorizer make of random texts of many scripts. tests/text/golden_test.cpp reads it.
Needs scikit-learn.
"""
import re
import unicodedata

import sklearn
from common import keras, np, rng, save
from keras.src.legacy.preprocessing.text import Tokenizer
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

WORDS = ["the", "The", "THE", "movie", "it's", "don't", "naïve", "NAÏVE", "Straße", "ΟΔΟΣ", "ΟΔΟΣ.", "Σ", "ΑΣ'Α", "İstanbul", "ǅ", "房间",
         "很好", "非常不错", "café", "cafe\u0301", "a", "I", "x_1", "_", "3.14", "٣٤", "Ⅷ", "½", "हिन्दी", "ไทย", "😀", "👍🏽", "e-mail",
         "C++", "!!!", "...", "“quoted”", "，", "。", "[UNK]", "oov", "don’t", "日本語", "カタカナ", "x²", "a\u00adb"]
SPACES = [" ", "  ", "\t", "\n", "\r\n", "\u00a0", "\u3000", "\u2028", "\x0b", "\x1c", " "]


def texts(name, count=12):
    generator = rng(name)
    result = []
    for _ in range(count):
        length = int(generator.integers(0, 14))
        text = ""
        for _ in range(length):
            text += WORDS[int(generator.integers(len(WORDS)))] + SPACES[min(int(generator.integers(30)), len(SPACES) - 1)]
        result.append(text)
    return result + ["", " ", "the the the"]


def ranges(belongs):
    """[first, last, first, last, ...] of the code points that belong."""
    found, begin = [], None
    for code in range(0x110001):
        inside = code < 0x110000 and not 0xD800 <= code < 0xE000 and belongs(chr(code))
        if inside and begin is None:
            begin = code
        if not inside and begin is not None:
            found += [begin, code - 1]
            begin = None
    return found


def characters():
    word = re.compile(r"\w")
    lower = {}
    for code in range(0x110000):
        if not 0xD800 <= code < 0xE000 and chr(code).lower() != chr(code):
            lower[chr(code)] = chr(code).lower()
    sigmas = ["Σ", "ΑΣ", "ΑΣ Β", "ΑΣΒ", "ΑΣ'Β", "Α'Σ", "'Σ", "1Σ", "ªΣ", "ⅠΣ", "ΑΣⅠ", "Α\u0301Σ", "ΑΣ\u0301", "ΑΣ\u0301Β", "ΣΣ", "ΑΣʰ", "ʰΣ",
              "ΑΣ𝐀", "ΑΣ中", "中Σ", "ΑΣ-Β", "ΑΣ:Β", "ΑΣ\u00adΒ", "ⓐΣ"]
    return {"unicode": unicodedata.unidata_version, "word": ranges(lambda c: bool(word.match(c))),
            "space": ranges(lambda c: bool(re.match(r"\s", c))), "unassigned": ranges(lambda c: unicodedata.category(c) == "Cn"),
            "lower": lower, "sigmas": {text: text.lower() for text in sigmas}}


def tokenizer_case(name, **options):
    train, test = texts(name), texts(name + "/test", 6)
    tokenizer = Tokenizer(**options)
    tokenizer.fit_on_texts(train[:8])
    tokenizer.fit_on_texts(train[8:])
    sequences = tokenizer.texts_to_sequences(test)
    matrices = {mode: tokenizer.texts_to_matrix(test, mode).tolist() for mode in ("binary", "count", "freq", "tfidf")}
    return {"options": options, "train": [train[:8], train[8:]], "test": test, "json": tokenizer.to_json(), "sequences": sequences,
            "texts": tokenizer.sequences_to_texts(sequences + [[0, 1, 2, 10**6]]), "matrices": matrices}


def tokenizers():
    yield "plain", {}
    yield "oov", {"oov_token": "oov"}  # which is among the words, too
    yield "few_words_oov", {"num_words": 7, "oov_token": "<unk>"}
    yield "few_words", {"num_words": 5}
    yield "as_it_is", {"lower": False, "filters": ""}
    yield "characters", {"char_level": True, "oov_token": "?"}
    yield "characters_as_they_are", {"char_level": True, "lower": False, "num_words": 9}
    yield "split_long", {"split": "the", "filters": "aé。"}
    yield "filters_of_unicode", {"filters": "，。“”房!"}
    yield "counted_before", {"document_count": 5}


def vectorization_case(name, **options):
    train, test = texts(name), texts(name + "/test", 6)
    layer = keras.layers.TextVectorization(**options)
    if "vocabulary" not in options:
        layer.adapt(np.array(train)[:, None])
    output = np.asarray(layer(np.array(test)[:, None]))
    idf = layer._lookup_layer.idf_weights_const.numpy().tolist() if options.get("output_mode") == "tf_idf" else []
    options = {key: list(value) if isinstance(value, tuple) else value for key, value in options.items()}
    return {"options": options, "train": train, "test": test, "vocabulary": layer.get_vocabulary(), "idf": idf,
            "dtype": str(output.dtype), "shape": list(output.shape), "output": output.ravel().tolist()}


def vectorizations():
    yield "plain", {}
    yield "sixteen", {"max_tokens": 16, "output_sequence_length": 5}
    yield "longer", {"output_sequence_length": 40}
    yield "lower", {"standardize": "lower", "ngrams": 2}
    yield "strip", {"standardize": "strip_punctuation", "ngrams": (1, 3)}
    yield "as_it_is", {"standardize": None, "output_mode": "count"}
    yield "characters", {"split": "character", "max_tokens": 30}
    yield "whole", {"split": None, "standardize": "lower"}
    yield "whole_long", {"split": None, "output_sequence_length": 3}
    yield "whole_count", {"split": None, "output_mode": "count"}
    yield "multi_hot", {"output_mode": "multi_hot", "max_tokens": 12}
    yield "padded", {"output_mode": "count", "max_tokens": 200, "pad_to_max_tokens": True}
    yield "tf_idf", {"output_mode": "tf_idf"}
    yield "tf_idf_padded", {"output_mode": "tf_idf", "max_tokens": 300, "pad_to_max_tokens": True, "ngrams": 2}
    yield "vocabulary", {"vocabulary": ["the", "movie", "a"]}
    yield "vocabulary_special", {"vocabulary": ["", "[UNK]", "the", "movie"], "output_sequence_length": 4}
    yield "vocabulary_tf_idf", {"vocabulary": ["the", "movie", "a"], "idf_weights": [0.5, 1.5, 2.25], "output_mode": "tf_idf"}
    yield "vocabulary_tf_idf_special", {"vocabulary": ["[UNK]", "the", "a"], "idf_weights": [0.25, 0.5, 1.5], "output_mode": "tf_idf",
                                        "max_tokens": 6, "pad_to_max_tokens": True}


def terms_case(name, kind, **options):
    train, test = texts(name), texts(name + "/test", 6)
    vectorizer = kind(**options)
    fitted = vectorizer.fit_transform(train)
    transformed = vectorizer.transform(test)
    fitted.sort_indices()  # scikit-learn leaves them in the order in which terms were first seen
    sparse = [{"indptr": x.indptr.tolist(), "indices": x.indices.tolist(), "values": x.data.astype(float).tolist(), "shape": list(x.shape)}
              for x in (fitted, transformed)]
    options = {key: list(value) if isinstance(value, tuple) else value for key, value in options.items()}
    return {"class": kind.__name__, "options": options, "train": train, "test": test, "features": vectorizer.get_feature_names_out().tolist(),
            "idf": getattr(vectorizer, "idf_", np.array([])).tolist(), "fitted": sparse[0], "transformed": sparse[1]}


def terms():
    yield "count", CountVectorizer, {}
    yield "count_short", CountVectorizer, {"token_pattern": r"(?u)\b\w+\b", "lowercase": False}
    yield "count_runs", CountVectorizer, {"ngram_range": (1, 2)}
    yield "count_long_runs", CountVectorizer, {"ngram_range": (2, 3), "stop_words": ["the", "don"]}
    yield "count_often", CountVectorizer, {"min_df": 2, "max_df": 0.5}
    yield "count_share", CountVectorizer, {"min_df": 0.2, "binary": True}
    yield "count_words", CountVectorizer, {"vocabulary": ["movie", "the", "房间"]}
    yield "count_binary", CountVectorizer, {"binary": True}
    yield "char", CountVectorizer, {"analyzer": "char", "ngram_range": (1, 2)}
    yield "char_three", CountVectorizer, {"analyzer": "char", "ngram_range": (3, 3), "lowercase": False}
    yield "char_wb", CountVectorizer, {"analyzer": "char_wb", "ngram_range": (2, 4)}
    yield "char_wb_one", CountVectorizer, {"analyzer": "char_wb", "ngram_range": (1, 6), "min_df": 2}
    yield "tfidf", TfidfVectorizer, {}
    yield "tfidf_l1", TfidfVectorizer, {"norm": "l1", "sublinear_tf": True}
    yield "tfidf_none", TfidfVectorizer, {"norm": None, "smooth_idf": False, "ngram_range": (1, 2)}
    yield "tfidf_no_idf", TfidfVectorizer, {"use_idf": False}
    yield "tfidf_binary", TfidfVectorizer, {"binary": True, "min_df": 2}


def main():
    save("text/text", versions={"keras": keras.__version__, "scikit-learn": sklearn.__version__}, characters=characters(),
         tokenizers={name: tokenizer_case("tokenizer/" + name, **options) for name, options in tokenizers()},
         vectorizations={name: vectorization_case("vectorization/" + name, **options) for name, options in vectorizations()},
         terms={name: terms_case("terms/" + name, kind, **options) for name, kind, options in terms()})


if __name__ == "__main__":
    main()
