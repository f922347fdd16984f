"""Golden files of models that begin with layers of texts and categories: formats/preprocessing/<case>.keras, as Keras
saves it, and .npz with `input`, or `texts` (JSON, a list), and `output`; formats/text_inputs/several.keras takes texts at two of
three inputs.
"""
from common import GOLDEN, fill, keras, np, rng, save, tf
from keras import Input, Model, Sequential, layers

TEXTS = ["The cat barks!", "a dog, on the unknown mat", "", "Day day DAY end."]
LEARNED = ["the cat sat on the mat", "a dog barks", "the end of the day"]
WORDS = ["b", "zebra", "a", ""]
# Of every length that the hash takes in another way.
LONG = ["", "b", "cats", "elephant", "hippopotamuses", "the cat sat on the mat", "the cat sat on the mat, a dog barks, the day ends",
        "the cat sat on the mat and a dog barked until the end of the day, which was long and warm", "Äpfel und Überfluß, Кошка, 猫"]


def vectorization(**options):
    layer = layers.TextVectorization(**options)
    layer.adapt(LEARNED)
    return layer


def adapted(layer, data):
    layer.adapt(np.array(data))
    return layer


def of_words(layer, width=None, shape=(1,)):
    """A small network behind it, with an Embedding for numbers."""
    ending = [layers.Embedding(40, 3), layers.GlobalAveragePooling1D()] if width is None else []
    return Sequential([Input(shape, dtype="string"), layer, *ending, layers.Dense(2)])


def graph():
    """The way of Keras's guides: a model of numbers that is put behind the layer of texts."""
    inner = Sequential([Input((5,), dtype="int64"), layers.Embedding(40, 3), layers.Flatten(), layers.Dense(3)])
    given = Input((1,), dtype="string", name="review")
    numbers = vectorization(output_sequence_length=5)(given)
    return Model(given, layers.Add()([inner(numbers), layers.Dense(3)(numbers)]))


def nested(deep):
    """Texts become numbers inside of models that stand at the input."""
    inner = Sequential([Input((1,), dtype="string"), vectorization(output_sequence_length=5)])
    for _ in range(deep):
        inner = Sequential([Input((1,), dtype="string"), inner])
    given = Input((1,), dtype="string", name="review")
    encoder = Sequential([Input((5,), dtype="int64"), layers.Embedding(40, 3), layers.Flatten(), layers.Dense(3)])
    return Model(given, encoder(inner(given)))


def of_integers(layer, numbers=False, dtype="int64", count=1):
    ending = [layers.Embedding(20, 3), layers.Flatten()] if numbers else []
    return Sequential([Input((count,), dtype=dtype), layer, *ending, layers.Dense(2)])


def crossed(output_mode, ending):
    """Two columns of integers in one place."""
    given = Input((2,), dtype="int64")
    pair = [given[:, :1], given[:, 1:]]
    return Model(given, ending(layers.HashedCrossing(11, output_mode=output_mode)(pair)))


def cases():
    """name -> (model, texts or array)"""
    # Of every number of digits, which the hash takes in four ways.
    wide = np.array([[0], [7], [-3], [123], [-4567], [99999999], [123456789012345], [-9223372036854775807]], np.int64)
    ids, pairs = np.array([[3], [77], [-5], [7]], np.int64), np.array([[3, 3], [5, 77], [7, 9], [-2, 3]], np.int64)
    sizes = np.array([[0.5], [2.3], [-4.0], [1.0]], np.float32)
    boundaries = [0.0, 1.0, 2.0]
    return {
        "text_numbers": (of_words(vectorization(output_sequence_length=6)), TEXTS),
        "text_scalar": (of_words(vectorization(output_sequence_length=4, max_tokens=8), shape=()), TEXTS),
        "text_characters": (of_words(vectorization(split="character", standardize="lower", output_sequence_length=9)), TEXTS),
        "text_any_length": (Sequential([Input((1,), dtype="string"), vectorization(), layers.Embedding(40, 3, mask_zero=True), layers.GRU(3), layers.Dense(2)]),
                            TEXTS[:2] + TEXTS[3:]),
        "text_multi_hot": (of_words(vectorization(output_mode="multi_hot", max_tokens=9), 0), TEXTS),
        "text_padded": (of_words(vectorization(output_mode="count", max_tokens=50, pad_to_max_tokens=True, ngrams=2), 0), TEXTS),
        "text_tf_idf": (of_words(vectorization(output_mode="tf_idf", ngrams=(1, 3)), 0), TEXTS),
        "text_given": (of_words(layers.TextVectorization(vocabulary=["cat", "dog", "the"], output_sequence_length=3)), TEXTS),
        "text_graph": (graph(), TEXTS),
        "text_nested": (nested(0), TEXTS),
        "text_nested_deep": (nested(2), TEXTS),
        "text_nested_row": (Sequential([Input((1,), dtype="string"), Sequential([Input((1,), dtype="string"), vectorization(output_sequence_length=5), layers.Embedding(40, 3)]),
                                        layers.Flatten(), layers.Dense(2)]), TEXTS),
        "word_nested": (Sequential([Input((1,), dtype="string"), Sequential([Input((1,), dtype="string"), layers.StringLookup(vocabulary=["a", "b", "c"])]),
                                    layers.Embedding(40, 3), layers.Flatten(), layers.Dense(2)]), WORDS),
        "word_numbers": (of_words(layers.StringLookup(vocabulary=["a", "b", "c"])), WORDS),
        "word_masked": (of_words(layers.StringLookup(vocabulary=["a", "b"], mask_token="")), WORDS),
        "word_learned": (of_words(adapted(layers.StringLookup(output_mode="one_hot"), ["a", "b", "a", "c"]), 0), WORDS),
        "text_hashed": (of_words(layers.Hashing(19)), LONG),
        "text_hashed_salt": (of_words(layers.Hashing(19, salt=[133, 137])), LONG),
        "text_hashed_masked": (of_words(layers.Hashing(8, mask_value="b")), LONG),
        "text_hashed_one_hot": (of_words(layers.Hashing(5, salt=3, output_mode="one_hot"), 0), LONG),
        "text_hashed_count": (of_words(layers.Hashing(4, output_mode="count"), 0), LONG),
        "text_hashed_nested": (Sequential([Input((1,), dtype="string"), Sequential([Input((1,), dtype="string"), layers.Hashing(19)]),
                                           layers.Embedding(40, 3), layers.Flatten(), layers.Dense(2)]), LONG),
        "integers": (of_integers(layers.IntegerLookup(vocabulary=[3, 7, 5]), True), ids),
        "integers_learned": (of_integers(adapted(layers.IntegerLookup(num_oov_indices=3, mask_token=-5), [7, 3, 3, 9]), True), ids),
        "integers_one_hot": (of_integers(layers.IntegerLookup(vocabulary=[3, 7, 5], output_mode="one_hot", max_tokens=9, pad_to_max_tokens=True)), ids),
        "integers_multi_hot": (of_integers(layers.IntegerLookup(vocabulary=[3, 7, 5], output_mode="multi_hot", mask_token=77), count=2), pairs),
        "integers_count": (of_integers(layers.IntegerLookup(vocabulary=[3, 7, 5], output_mode="count", num_oov_indices=2), count=2), pairs),
        "integers_inverted": (of_integers(layers.IntegerLookup(vocabulary=[3, 7, 5], invert=True)), np.array([[0], [1], [3], [2]], np.int64)),
        "encoded_one_hot": (of_integers(layers.CategoryEncoding(6, output_mode="one_hot"), dtype="int32"), np.array([[1], [5]], np.int32)),
        "encoded_multi_hot": (of_integers(layers.CategoryEncoding(6), dtype="int32", count=2), np.array([[1, 1], [0, 5]], np.int32)),
        "encoded_count": (of_integers(layers.CategoryEncoding(6, output_mode="count"), dtype="int32", count=2), np.array([[1, 1], [0, 5]], np.int32)),
        "hashed": (of_integers(layers.Hashing(19), True), wide),
        "hashed_salt": (of_integers(layers.Hashing(19, salt=[133, 137]), True), wide),
        "hashed_masked": (of_integers(layers.Hashing(8, mask_value=77), True), ids),
        "hashed_one_hot": (of_integers(layers.Hashing(5, salt=3, output_mode="one_hot")), ids),
        "hashed_count": (of_integers(layers.Hashing(4, output_mode="count"), count=2), pairs),
        "hashed_crossed": (crossed("int", lambda x: layers.Dense(2)(layers.Flatten()(layers.Embedding(11, 3)(x)))), pairs),
        "hashed_crossed_one_hot": (crossed("one_hot", layers.Dense(2)), pairs),
        "bins": (of_integers(layers.Discretization(bin_boundaries=boundaries), True, "float32"), sizes),
        "bins_one_hot": (of_integers(layers.Discretization(bin_boundaries=boundaries, output_mode="one_hot"), False, "float32"), sizes),
        "bins_learned": (of_integers(adapted(layers.Discretization(num_bins=4), np.arange(20.0)[:, None]), True, "float32"), sizes * 4),
    }


def several():
    """A model with two inputs of texts and one of numbers, and what it is asked: {name: values}."""
    title, tag, age = Input((1,), dtype="string", name="title"), Input((1,), dtype="string", name="tag"), Input((2,), name="age")
    inner = Sequential([Input((1,), dtype="string"), vectorization(output_mode="multi_hot", max_tokens=9)])
    words = layers.Flatten()(layers.Embedding(40, 3)(vectorization(output_sequence_length=4)(title)))
    kinds = layers.Flatten()(layers.Embedding(9, 2)(layers.StringLookup(vocabulary=["a", "b", "c"])(tag)))
    more = Input((1,), dtype="string", name="body")
    model = Model([title, tag, age, more], layers.Dense(2)(layers.Concatenate()([words, kinds, age, layers.Flatten()(inner(more))])))
    return model, {"title": TEXTS, "tag": WORDS, "age": np.array([[1, 2], [3, 4], [-1, 0.5], [0, 0]], np.float32), "body": TEXTS[::-1]}


def given_to(model, values):
    """The values as tensors, in the model's order."""
    names = [tensor._keras_history.operation.name for tensor in model.inputs]
    return [tf.constant([[text] for text in values[name]]) if isinstance(values[name], list) else tf.constant(values[name]) for name in names]


def of_texts(model, texts):
    return tf.constant([[text] for text in texts] if model.input_shape == (None, 1) else texts)


def main():
    folder = GOLDEN / "formats" / "preprocessing"
    folder.mkdir(parents=True, exist_ok=True)
    for name, (model, given) in cases().items():
        fill(model, rng(name))
        texts = isinstance(given, list)
        x = of_texts(model, given) if texts else given
        y = np.asarray(model(x))
        model.save(folder / f"{name}.keras")
        save(f"formats/preprocessing/{name}", output=y, **({"texts": given} if texts else {"input": given}))
    folder = GOLDEN / "formats" / "text_inputs"
    folder.mkdir(parents=True, exist_ok=True)
    model, values = several()
    fill(model, rng("several"))
    model.save(folder / "several.keras")
    save("formats/text_inputs/several", output=np.asarray(model(given_to(model, values))), **values)


if __name__ == "__main__":
    main()
