"""Model files both ways: written by Keras and read by Lamina, written by Lamina and read by Keras.

Every exchange compares predictions, and goes on training on both sides: the losses and weights of the next steps only
agree when the optimizer's state came through as well.
"""
import json
import pathlib
import subprocess
import sys
import traceback

import h5py

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools" / "golden"))
from common import fill, keras, normal, np, rng, stable  # noqa: E402
from keras import Input, Sequential, layers, losses, metrics, optimizers  # noqa: E402

STEPS = 5
# Five steps carry on and amplify what float32 rounds (RMSprop divides by what is left of v - g * g); optimizer state
# that did not come through makes a difference of order 1.
TOLERANCE = 1e-4


class Lamina:
    def __init__(self, binaries, work):
        self.binaries, self.work = binaries, work

    def _run(self, program, *args):
        done = subprocess.run([self.binaries / program, *map(str, args)], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=300)
        if done.returncode != 0:
            raise AssertionError(f"{program} {' '.join(map(str, args))}: status {done.returncode}: {done.stderr[-2000:]}")
        return done.stdout

    def cli(self, *args):
        """The last JSON object that `lamina ... --json` prints."""
        return json.loads(self._run("lamina", *args, "--json").strip().splitlines()[-1])

    def predict(self, model, x):
        given, out = self.work / "x.npy", self.work / "outputs"
        np.save(given, x)
        outputs = self.cli("run", model, "--input", given, "--output", out)["outputs"]
        assert len(outputs) == 1, outputs
        file = pathlib.Path(outputs[0]["file"])
        y = np.load(file if file.exists() else out / file)
        assert list(y.shape) == outputs[0]["shape"] and str(y.dtype) == outputs[0]["dtype"], outputs
        return y

    def drive(self, command, model, data, steps, out):
        """Trains with lamina_conformance; the predictions and losses it reports."""
        x, y = data
        np.savez(self.work / "data.npz", x=x, y=y)
        self._run("lamina_conformance", command, model, self.work / "data.npz", steps, out)
        result = np.load(str(out) + ".npz")
        return result["predictions"], result["losses"]

    def drive_graphs(self, folder, steps):
        """Trains every model of the folder on the data beside it."""
        self._run("lamina_conformance", "graphs", folder, steps)


# What Keras 3.0 cannot open, whoever wrote it (docs/guide/files.md): graphs of layers, the range of RandomContrast,
# optimizers that came later.
NOT_FOR_OLDEST = ("shared_at_levels", "augmented", "optimizer_lamb")


def keep(path, x, predicted):
    """Leaves beside a file that Lamina wrote what it predicts, for oldest.py."""
    if pathlib.Path(path).name.startswith(NOT_FOR_OLDEST):
        return
    np.save(f"{path}.x.npy", x)
    np.save(f"{path}.y.npy", predicted)


def close(actual, expected, what, tolerance=TOLERANCE, floor=0.0):
    """Raises an AssertionError where they differ by more than `tolerance` of the largest magnitude, and than `floor`."""
    actual, expected = np.asarray(actual), np.asarray(expected)
    assert actual.shape == expected.shape, f"{what}: shape {actual.shape}, expected {expected.shape}"
    assert actual.dtype == expected.dtype, f"{what}: {actual.dtype}, expected {expected.dtype}"
    worst = np.abs(actual.astype(np.float64) - expected).max(initial=0)
    largest = np.abs(expected).max(initial=0)
    assert worst <= max(tolerance * largest, floor), f"{what}: differs by {worst} (largest magnitude {largest})"


def same_state(a, b, tolerance=TOLERANCE):
    """Weights and optimizer variables of two Keras models."""
    assert [w.path.split("/", 1)[1] for w in a.weights] == [w.path.split("/", 1)[1] for w in b.weights]
    for mine, other in zip(a.weights, b.weights):
        close(mine.numpy(), other.numpy(), mine.path, tolerance)
    assert len(a.optimizer.variables) == len(b.optimizer.variables)
    for mine, other in zip(a.optimizer.variables, b.optimizer.variables):
        # Some gradients are zero but for rounding: the bias of an attention's keys has no influence.
        close(mine.numpy(), other.numpy(), mine.path, tolerance, floor=1e-7)


def h5_state(path):
    """The optimizer's variables in an .h5 file."""
    with h5py.File(path) as file:
        state = file["optimizer_weights"]
        return [state[variable][()] for variable in state.attrs["weight_names"]]


def without_nulls(value):
    """Null members dropped: Keras adds such from version to version, and Lamina leaves those out."""
    if isinstance(value, dict):
        return {k: without_nulls(v) for k, v in value.items() if v is not None and k != "shared_object_id"}
    return [without_nulls(v) for v in value] if isinstance(value, (list, tuple)) else value


def train(model, data, steps=STEPS):
    logs = []
    for _ in range(steps):
        model.reset_metrics()
        logs.append(model.train_on_batch(*data, return_dict=True)["loss"])
    return np.array(logs, np.float32)


def classes(name, count, shape, kind):
    generator = rng(name)
    x = normal(generator, (12,) + shape)
    labels = generator.integers(0, count, 12).astype(np.int32)
    if kind == "one_hot":
        return x, np.eye(count, dtype=np.float32)[labels]
    if kind == "binary":
        return x, (labels % 2).astype(np.float32)[:, None]
    return x, labels


def keras_models():
    """name -> (model, data), compiled and with weights that are not their initial ones."""
    def small_cnn(*extra):
        return Sequential([Input((9, 8, 2)), layers.Conv2D(4, 3, activation="relu"), *extra, layers.MaxPooling2D(),
                           layers.Flatten(), layers.Dense(5, activation="softmax")])

    made = {}

    def add(name, model, data, **compile_args):
        fill(model, rng(name))
        model.compile(**compile_args)
        made[name] = (model, data)

    cnn_data = classes("cnn", 5, (9, 8, 2), "labels")
    add("dense_adam_amsgrad",
        Sequential([Input((6,)), layers.Dense(8, activation="tanh"), layers.Dense(4, activation="softmax")]),
        classes("dense", 4, (6,), "one_hot"),
        optimizer=optimizers.Adam(0.01, amsgrad=True), loss="categorical_crossentropy", metrics=["accuracy"])
    add("cnn_sgd", small_cnn(), cnn_data,
        optimizer="sgd", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    add("cnn_nesterov", small_cnn(layers.BatchNormalization(momentum=0.9)), cnn_data,
        optimizer=optimizers.SGD(0.01, momentum=0.9, nesterov=True), metrics=[metrics.SparseCategoricalAccuracy()],
        loss=losses.SparseCategoricalCrossentropy())
    add("cnn_rmsprop", small_cnn(layers.Dropout(0.0), layers.Activation("gelu")), cnn_data,
        optimizer=optimizers.RMSprop(0.01, momentum=0.5, centered=True), loss="sparse_categorical_crossentropy")
    add("binary_adamw", Sequential([Input((6,)), layers.Dense(8, "selu", kernel_initializer="lecun_normal"),
                                    layers.Dense(1, "sigmoid", bias_initializer=keras.initializers.Constant(0.5))]),
        classes("binary", 2, (6,), "binary"),
        optimizer=optimizers.AdamW(0.01, clipnorm=1.0), loss=losses.BinaryCrossentropy(label_smoothing=0.1),
        metrics=["accuracy", "mae"])
    learned = layers.Normalization()
    learned.build((None, 6))  # or it keeps the number of samples that it learned from
    learned.adapt(normal(rng("adapted"), (50, 6), 3.0))
    add("normalized_regression",
        Sequential([Input((6,)), learned, layers.Normalization(mean=[0.5] * 6, variance=[2.0] * 6), layers.Dense(2)]),
        (normal(rng("x of normalized"), (12, 6)), normal(rng("y of normalized"), (12, 2))),
        optimizer="sgd", loss="mean_squared_error")
    add("regression", Sequential([Input((6,)), layers.Rescaling(2.0, offset=-1.0), layers.Dense(3, name="head")]),
        (normal(rng("x"), (12, 6)), normal(rng("y"), (12, 3))),
        optimizer=optimizers.Adam(0.02, global_clipnorm=0.5), loss="mse", metrics=[metrics.MeanAbsoluteError(name="far")])
    schedule = optimizers.schedules.CosineDecay(0.002, 20, warmup_target=0.01, warmup_steps=4)
    add("scheduled", Sequential([Input((6,)), layers.Dense(8, "relu"), layers.Dense(4, "softmax")]),
        classes("dense", 4, (6,), "labels"), optimizer=optimizers.Adam(schedule), loss="sparse_categorical_crossentropy")
    # Ranges of one number, a flip of one pixel and a crop of everything: all that is random is known.
    add("augmented",
        Sequential([Input((9, 8, 2)), layers.Resizing(7, 7), layers.RandomTranslation((0.2, 0.2), (-0.1, -0.1)),
                    layers.RandomRotation((0.05, 0.05), fill_mode="constant", fill_value=0.5),
                    layers.RandomZoom((0.2, 0.2), (-0.1, -0.1), fill_mode="nearest", seed=3),
                    layers.RandomContrast((-0.3, 0.3)), layers.RandomBrightness((0.002, 0.002)), layers.CenterCrop(5, 6),
                    layers.RandomCrop(5, 6, seed=2), layers.Conv2D(4, 3, activation="tanh"),
                    layers.GlobalAveragePooling2D(keepdims=True), layers.RandomFlip("vertical"), layers.Flatten(),
                    layers.Dense(5, activation="softmax")]), cnn_data,
        optimizer="sgd", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    for name, optimizer in {
            "adagrad": optimizers.Adagrad(0.05), "adadelta": optimizers.Adadelta(1.0, epsilon=1e-3),
            "adamax": optimizers.Adamax(0.02, clipnorm=1.0), "nadam": optimizers.Nadam(0.02, epsilon=1e-3),
            "ftrl": optimizers.Ftrl(0.1, l1_regularization_strength=0.01), "lion": optimizers.Lion(0.001, weight_decay=0.01),
            "lamb": optimizers.Lamb(0.02), "averages": optimizers.Adam(0.02, use_ema=True, ema_momentum=0.6),
            "overwritten": optimizers.SGD(0.1, momentum=0.5, use_ema=True, ema_momentum=0.6, ema_overwrite_frequency=2),
            "accumulating": optimizers.Nadam(0.02, epsilon=1e-3, gradient_accumulation_steps=2, loss_scale_factor=4.0)}.items():
        add(f"optimizer_{name}", Sequential([Input((6,)), layers.Dense(8, "tanh"), layers.Dense(4, "softmax")]),
            classes("dense", 4, (6,), "labels"), optimizer=optimizer, loss="sparse_categorical_crossentropy")
    add("frozen", Sequential([Input((6,)), layers.Dense(8, "relu", trainable=False), layers.Dense(4, "softmax")]),
        classes("dense", 4, (6,), "labels"), optimizer="adam", loss="sparse_categorical_crossentropy")
    # Without Bidirectional, of which Keras 3.0 cannot read the files that it writes itself.
    sequences = classes("sequences", 3, (5, 2), "labels")
    add("recurrent", Sequential([Input((5, 2)), layers.Masking(), layers.LSTM(4, return_sequences=True),
                                 layers.TimeDistributed(layers.Dense(3, "tanh")), layers.LayerNormalization(),
                                 layers.GRU(4, return_sequences=True), layers.SimpleRNN(3, return_sequences=True),
                                 layers.GRU(3, reset_after=False), layers.Dense(3, "softmax")]), sequences,
        optimizer="sgd", loss="sparse_categorical_crossentropy")
    add("cells", Sequential([Input((5, 2)), layers.RNN([layers.LSTMCell(3), layers.GRUCell(2)]), layers.Dense(3, "softmax")]),
        sequences, optimizer="sgd", loss="sparse_categorical_crossentropy")
    return made


def from_keras(lamina, name, model, data):
    """Checks of one file that Keras writes, as (title, function)."""
    path, continued = lamina.work / f"{name}.keras", lamina.work / f"{name}.continued.keras"
    train(model, data, 3)
    model.save(path)
    x, y = data

    def predictions():
        close(lamina.predict(path, x), model.predict(x, verbose=0), "predictions")

    def summary():
        listed = lamina.cli("summary", path)
        assert listed["params"] == model.count_params(), listed
        assert listed["trainable_params"] == sum(w.value.shape.num_elements() for w in model.trainable_weights), listed
        shown = [(layer["name"], layer["output_shape"], layer["params"]) for layer in listed["layers"]]
        assert shown == [(layer.name, list(layer.output.shape), layer.count_params()) for layer in model.layers], shown

    def evaluation():
        np.savez(lamina.work / "evaluate.npz", x=x, y=y)
        result = lamina.cli("evaluate", path, "--data", lamina.work / "evaluate.npz")
        assert result["samples"] == len(x), result
        for key, value in model.evaluate(x, y, verbose=0, return_dict=True).items():
            assert abs(result["metrics"][key] - value) <= TOLERANCE * max(1, abs(value)), (key, value, result)

    def training():
        predicted, lost = lamina.drive("train", path, data, STEPS, continued)
        keep(continued, x, predicted)
        ours = keras.models.load_model(path)
        close(lost, train(ours, data), "losses")
        theirs = keras.models.load_model(continued)
        same_state(theirs, ours)
        close(predicted, ours.predict(x, verbose=0), "predictions after training")
        close(theirs.predict(x, verbose=0), predicted, "predictions of the file", 1e-5)

    def configuration():
        written = stable(keras.saving.serialize_keras_object(keras.models.load_model(continued)))
        expected = stable(keras.saving.serialize_keras_object(keras.models.load_model(path)))
        assert without_nulls(written) == without_nulls(expected), f"{written}\nexpected {expected}"

    return [(f"{name} from Keras: {check.__name__}", check)
            for check in (predictions, summary, evaluation, training, configuration)]


def whole_h5(lamina, name, model, data):
    """Checks of one model in an .h5 file, both ways."""
    path, continued, same = (lamina.work / f"{name}{end}" for end in (".h5", ".continued.h5", ".same.keras"))
    train(model, data, 3)
    # Stands for Keras, which cannot load every .h5 file of its own. First: writing .h5 makes Keras forget how the model
    # was compiled.
    model.save(same)
    model.save(path)
    x, y = data

    def predictions():
        close(lamina.predict(path, x), model.predict(x, verbose=0), "predictions")

    def training():
        predicted, lost = lamina.drive("train", path, data, STEPS, continued)
        ours = keras.models.load_model(same)
        close(lost, train(ours, data), "losses")
        # Keras reads no slots of an optimizer from .h5 files, its own included, and some of its own metrics not.
        theirs = keras.models.load_model(continued, compile=False)
        for mine, other in zip(theirs.weights, ours.weights, strict=True):
            close(mine.numpy(), other.numpy(), mine.path, floor=1e-7)
        for mine, other in zip(h5_state(continued), ours.optimizer.variables, strict=True):
            close(mine, other.numpy(), other.path, floor=1e-7)
        close(theirs.predict(x, verbose=0), predicted, "predictions of the file", 1e-5)

    return [(f"{name} as .h5: {check.__name__}", check) for check in (predictions, training)]


def from_lamina(lamina, name, data):
    """Checks of one file that Lamina writes."""
    path, continued = lamina.work / f"{name}.lamina.keras", lamina.work / f"{name}.continued.keras"
    x, _ = data
    predicted, _ = lamina.drive("create", name, data, 3, path)
    keep(path, x, predicted)

    def predictions():
        close(keras.models.load_model(path).predict(x, verbose=0), predicted, "predictions")

    def training():
        model = keras.models.load_model(path)
        assert int(model.optimizer.iterations.numpy()) == 3
        _, lost = lamina.drive("train", path, data, STEPS, continued)
        close(train(model, data), lost, "losses")
        same_state(keras.models.load_model(continued), model)

    def back():
        model, again = keras.models.load_model(path), lamina.work / f"{name}.again.keras"
        model.save(again)
        close(lamina.predict(again, x), predicted, "predictions", 1e-6)

    checks = [predictions, training, back]
    if name == "shared_at_levels":
        checks.remove(back)  # what Keras writes of it Keras itself cannot read
    return [(f"{name} from Lamina: {check.__name__}", check) for check in checks]


class Attempts:
    """Checks of one part of the conformance run, counted: one that fails is named, and the others go on."""

    def __init__(self, part):
        self.part, self.passed, self.failed = part, 0, 0

    def __call__(self, name, check):
        try:
            check()
            self.passed += 1
        except Exception as error:  # noqa: BLE001: whatever goes wrong is a failed check
            self.failed += 1
            print(f"FAILED: {self.part} {name}: {error}")
            if not isinstance(error, AssertionError):
                traceback.print_exc()


def run(binaries, work):
    """(passed, failed)"""
    lamina = Lamina(binaries, work)
    passed = failed = 0

    def attempt(title, function):
        nonlocal passed, failed
        try:
            result = function()
            return result
        except Exception as error:  # noqa: BLE001: whatever goes wrong is a failed check
            failed += 1
            print(f"FAILED: {title}: {error}")
            if not isinstance(error, AssertionError):
                traceback.print_exc()
            return None

    suites = [(name, lambda n=name, m=model, d=data: from_keras(lamina, n, m, d))
              for name, (model, data) in keras_models().items()]
    suites += [(name, lambda n=name, m=model, d=data: whole_h5(lamina, n, m, d))
               for name, (model, data) in keras_models().items() if name != "augmented"]  # which Keras cannot write as .h5
    for name, data in (("tutorial_cnn28", classes("c28", 10, (28, 28, 1), "one_hot")),
                       ("tutorial_dense", classes("dense100", 10, (100,), "labels")),
                       ("every_layer", classes("every", 2, (16, 16, 3), "binary")),
                       ("normalized", classes("normalized", 3, (4,), "labels")),
                       ("augmented_here", classes("augmented", 3, (9, 8, 2), "labels")),
                       ("shared_at_levels", classes("shared", 3, (5,), "labels"))):
        suites.append((name, lambda n=name, d=data: from_lamina(lamina, n, d)))
    for name, suite in suites:
        for title, check in attempt(f"{name}: preparation", suite) or []:
            before = failed
            attempt(title, check)
            passed += failed == before
    return passed, failed
