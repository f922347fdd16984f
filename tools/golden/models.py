"""Golden files of whole models in training: nn/models/<case>.npz, and nn/summaries/<case>.txt.

Each is compiled and trained on ten batches in order (the last one partial), twice from the same start: step by step,
and by fit. Entries: config (JSON as in a .keras file's config.json), x, y, batch_size, weight_names (JSON),
weight_<i> before, step_logs (JSON, one object per step), after_<i>, state_<j> (optimizer) after the steps,
history (JSON) of fit, predictions and evaluation (JSON) afterwards.
"""
import json
import os

os.environ["COLUMNS"] = "200"  # of the terminal: what is wider is cut

from common import GOLDEN, fill, keras, normal, np, numbered, rng, save, stable, weight_names
from keras import Input, Sequential, layers, losses, metrics, optimizers

BATCH, SAMPLES = 16, 150  # nine full batches and one of six


def summary(model, **options):
    lines = []
    model.summary(print_fn=lambda line, **_: lines.append(line), **{"line_length": 80, **options})
    return "\n".join(lines).rstrip("\n") + "\n"


def sequential(*parts):
    """A model whose layers are numbered from the start, as in a fresh process."""
    keras.utils.clear_session()
    return Sequential([part() for part in parts])


def case(name, model, data, **compile_args):
    x, y = data
    fill(model, rng(name))
    for weight in model.weights:
        if weight.name == "kernel":  # inputs of order 1 shall give outputs of order 1
            weight.assign(weight / np.sqrt(np.prod(weight.shape[:-1])) * 2)
    start = model.get_weights()
    model.compile(**compile_args)
    logs = []
    for first in range(0, len(x), BATCH):
        model.reset_metrics()
        log = model.train_on_batch(x[first:first + BATCH], y[first:first + BATCH], return_dict=True)
        logs.append({key: float(value) for key, value in log.items()})
    after, state = model.get_weights(), [v.numpy() for v in model.optimizer.variables]

    config = keras.saving.serialize_keras_object(model)
    model.set_weights(start)
    for variable in model.optimizer.variables:
        if variable.name != "learning_rate":
            variable.assign(np.zeros(variable.shape))
    history = model.fit(x, y, batch_size=BATCH, epochs=1, shuffle=False, verbose=0).history
    for a, b in zip(model.get_weights(), after):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
    save(
        f"nn/models/{name}",
        config=config,
        x=x,
        y=y,
        batch_size=np.int64(BATCH),
        weight_names=weight_names(model),
        step_logs=logs,
        history=history,
        predictions=model.predict(x[:20], verbose=0),
        evaluation=model.evaluate(x, y, batch_size=BATCH, verbose=0, return_dict=True),
        **numbered("weight", start),
        **numbered("after", after),
        **numbered("state", state),
    )
    folder = GOLDEN / "nn" / "summaries"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.txt").write_text(summary(model))


def show(name, model):
    """Only the summary and the configuration of a model that has been built but not compiled."""
    folder = GOLDEN / "nn" / "summaries"
    (folder / f"{name}.txt").write_text(summary(model))
    (folder / f"{name}.json").write_text(json.dumps(stable(keras.saving.serialize_keras_object(model)), indent=1) + "\n")


# What summary() is asked, by the ending of the text's name; the tests have the same table.
LOOKS = {"": {}, ".expanded": {"expand_nested": True, "line_length": 110}, ".trainable": {"show_trainable": True},
         ".everything": {"expand_nested": True, "show_trainable": True, "line_length": 120}}


def looks(name, model):
    """Configuration and summaries of a model that has been built but not compiled, with all options."""
    show(name, model)
    for ending, options in LOOKS.items():
        (GOLDEN / "nn" / "summaries" / f"{name}{ending}.txt").write_text(summary(model, **options))


def graphs():
    """Models that are more than one row of layers, or hold other models."""
    def fresh(make):
        keras.utils.clear_session()
        return make()

    def residual():
        x = Input((8,))
        a = layers.Dense(8, activation="relu")(x)
        b = layers.Dense(8, trainable=False, name="frozen_with_a_name_that_is_too_long_for_its_column")(a)
        return keras.Model(x, layers.Dense(2)(layers.Add()([a, b]) * 2.0))

    def siamese():
        left, right = Input((6,), name="left"), Input((6,), name="right")
        tower = Sequential([Input((6,)), layers.Dense(5, activation="relu"), layers.Dense(3)], name="tower")
        both = layers.Concatenate()([tower(left), tower(right)])
        return keras.Model([left, right], [layers.Dense(1, name="same")(both), layers.Dropout(0.5)(both)])

    def shared_in_a_row():
        x = Input((4,))
        dense = layers.Dense(4)
        return keras.Model(x, dense(dense(x)))

    def nested():
        inside = Input((5,))
        inner = keras.Model(inside, layers.Dense(4)(layers.Dense(3, activation="relu")(inside)), name="inner")
        block = Sequential([Input((4,)), layers.Dense(4), layers.BatchNormalization()], name="block")
        block.trainable = False
        x = Input((5,))
        return keras.Model(x, layers.Dense(1)(Sequential([Input((5,)), inner, block], name="outer")(x)))

    def several_outputs():
        words = Input((7,), dtype="int32")
        x = layers.Embedding(10, 4, mask_zero=True)(words)
        sequence, state = layers.GRU(3, return_sequences=True, return_state=True)(x)
        pooled = layers.GlobalMaxPooling1D()(layers.Masking()(sequence))
        return keras.Model(words, layers.Dense(1)(layers.Concatenate()([pooled, state])))

    for make in (residual, siamese, shared_in_a_row, nested, several_outputs):
        looks(make.__name__, fresh(make))


def images(generator, side=8, channels=1, classes=4):
    x = (generator.integers(0, 256, (SAMPLES, side, side, channels)) / 256).astype(np.float32)
    return x, generator.integers(0, classes, SAMPLES).astype(np.int32)


def main():
    g = rng("models")
    x = normal(g, (SAMPLES, 8))
    labels = g.integers(0, 4, SAMPLES).astype(np.int32)
    one_hot = np.eye(4, dtype=np.float32)[labels]

    def dense(units=4, activation="softmax"):
        return sequential(
            lambda: Input((8,)), lambda: layers.Dense(16, activation="relu"),
            lambda: layers.Dense(units, activation=activation))

    case("dense_adam", dense(), (x, one_hot),
         optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
    case("dense_sgd_binary", dense(1, "sigmoid"), (x, (labels % 2)[:, None].astype(np.float32)),
         optimizer=optimizers.SGD(0.05), loss="binary_crossentropy", metrics=["accuracy"])
    case("dense_rmsprop_regression", dense(3, None), (x, normal(g, (SAMPLES, 3))),
         optimizer=optimizers.RMSprop(), loss="mse", metrics=["mae", metrics.MeanSquaredError(name="error")])

    cnn_x, cnn_y = images(g)
    cnn = sequential(
        lambda: Input((8, 8, 1)),
        lambda: layers.Conv2D(4, (3, 3), activation="relu"),
        lambda: layers.MaxPooling2D((2, 2)),
        lambda: layers.Flatten(),
        lambda: layers.Dense(12, activation="relu"),
        lambda: layers.Dense(4, activation="softmax"),
    )
    case("cnn_adam", cnn, (cnn_x, cnn_y),
         optimizer=optimizers.Adam(), loss="sparse_categorical_crossentropy", metrics=["accuracy"])

    normalised = sequential(
        lambda: Input((8, 8, 2)),
        lambda: layers.Rescaling(2.0, offset=-1.0),
        lambda: layers.Conv2D(4, 3, padding="same", use_bias=False),
        lambda: layers.BatchNormalization(),
        lambda: layers.ReLU(),
        lambda: layers.AveragePooling2D(2),
        lambda: layers.Dropout(0.0),
        lambda: layers.Conv2D(6, 3, strides=2, padding="same", activation="relu"),
        lambda: layers.GlobalAveragePooling2D(),
        lambda: layers.Dense(4),
    )
    case("cnn_normalised_nesterov", normalised, images(g, channels=2),
         optimizer=optimizers.SGD(0.05, momentum=0.9, nesterov=True),
         loss=losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])

    show("tutorial_cnn28", sequential(
        lambda: Input((28, 28, 1)),
        lambda: layers.Conv2D(32, (3, 3), activation="relu"),
        lambda: layers.MaxPooling2D((2, 2)),
        lambda: layers.Flatten(),
        lambda: layers.Dense(128, activation="relu"),
        lambda: layers.Dense(10, activation="softmax"),
    ))
    show("tutorial_dense", sequential(
        lambda: Input((100,)),
        lambda: layers.Dense(64, activation="relu"),
        lambda: layers.Dense(64, activation="relu"),
        lambda: layers.Dense(10, activation="softmax"),
    ))
    show("tutorial_cnn64", sequential(
        lambda: Input((64, 64, 3)),
        lambda: layers.Conv2D(32, (3, 3), activation="relu"),
        lambda: layers.MaxPooling2D((2, 2)),
        lambda: layers.Conv2D(64, (3, 3), activation="relu"),
        lambda: layers.MaxPooling2D((2, 2)),
        lambda: layers.Flatten(),
        lambda: layers.Dense(128, activation="relu"),
        lambda: layers.Dense(10, activation="softmax"),
    ))
    show("every_layer", sequential(
        lambda: Input((16, 16, 3)),
        lambda: layers.Rescaling(1 / 255),
        lambda: layers.Conv2D(8, 3, padding="same"),
        lambda: layers.BatchNormalization(),
        lambda: layers.Activation("relu"),
        lambda: layers.MaxPooling2D(),
        lambda: layers.Dropout(0.25),
        lambda: layers.Conv2D(8, 3, padding="same"),
        lambda: layers.ReLU(),
        lambda: layers.AveragePooling2D((2, 2)),
        lambda: layers.Reshape((16, 8)),
        lambda: layers.Flatten(),
        lambda: layers.Dense(10),
        lambda: layers.Softmax(),
    ))
    graphs()


if __name__ == "__main__":
    main()
