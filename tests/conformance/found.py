"""Files as people have them: models whose training needs what only their program knows, archives that other tools wrote,
and models that take bytes of pictures as they are or divided. Keras predicts, Lamina reads the file and predicts the same.
"""
import io
import zipfile

import h5py
from common import keras, normal, np, rng
from files import Attempts, Lamina, close, fill
from keras import Input, Sequential, layers


@keras.saving.register_keras_serializable("Mine")
class Penalty(keras.regularizers.Regularizer):
    def __call__(self, x):
        return keras.ops.mean(keras.ops.abs(x))

    def get_config(self):
        return {}


@keras.saving.register_keras_serializable("Mine")
class Halves(keras.constraints.Constraint):
    def __call__(self, w):
        return w / 2


@keras.saving.register_keras_serializable("Mine")
class First(keras.initializers.Initializer):
    def __call__(self, shape, dtype=None):
        return keras.ops.ones(shape, dtype)


@keras.saving.register_keras_serializable("Mine")
class Apart(keras.losses.Loss):
    def call(self, y_true, y_pred):
        return keras.ops.mean(keras.ops.abs(y_true - y_pred), axis=-1)


@keras.saving.register_keras_serializable("Mine")
def apart(y_true, y_pred):
    return keras.ops.mean(keras.ops.abs(y_true - y_pred), axis=-1)


@keras.saving.register_keras_serializable("Mine")
class Wave(keras.optimizers.schedules.LearningRateSchedule):
    def __call__(self, step):
        return 0.01

    def get_config(self):
        return {}


@keras.saving.register_keras_serializable("Mine")
class Descent(keras.optimizers.SGD):
    pass


@keras.saving.register_keras_serializable("Mine")
class Seen(keras.metrics.Mean):
    def update_state(self, y_true, y_pred, sample_weight=None):
        return super().update_state(y_pred)


def models():
    """name -> (layer arguments, compile arguments)"""
    plain = {"optimizer": "adam", "loss": "mse"}
    return {
        "own_loss": ({}, plain | {"loss": Apart()}),
        "own_loss_function": ({}, plain | {"loss": apart}),
        "loss_in_list": ({}, plain | {"loss": ["mse"]}),
        "log_cosh": ({}, plain | {"loss": "log_cosh"}),
        "dice": ({}, plain | {"loss": keras.losses.Dice()}),
        "own_metric": ({}, plain | {"metrics": [Seen(name="seen")]}),
        "many_metrics": ({}, plain | {"metrics": [keras.metrics.AUC(), keras.metrics.RootMeanSquaredError(), keras.metrics.CosineSimilarity()]}),
        "metrics_by_name": ({}, plain | {"metrics": {"head": ["mae"]}, "weighted_metrics": {"head": ["mse", Seen()]}}),
        "metrics_null": ({}, plain | {"metrics": [None]}),
        "own_optimizer": ({}, plain | {"optimizer": Descent(0.01)}),
        "own_schedule": ({}, plain | {"optimizer": keras.optimizers.SGD(Wave())}),
        "lion": ({}, plain | {"optimizer": "lion"}),
        "adafactor": ({}, plain | {"optimizer": keras.optimizers.Adafactor()}),
        "ema": ({}, plain | {"optimizer": keras.optimizers.Adam(0.01, use_ema=True, ema_momentum=0.9)}),
        "accumulating": ({}, plain | {"optimizer": keras.optimizers.SGD(0.01, gradient_accumulation_steps=3)}),
        "loss_scale": ({}, plain | {"optimizer": keras.optimizers.SGD(0.01, loss_scale_factor=8.0)}),
        "own_regularizer": ({"kernel_regularizer": Penalty(), "activity_regularizer": Penalty()}, plain),
        "own_constraint": ({"kernel_constraint": Halves(), "bias_constraint": Halves()}, plain),
        "own_initializer": ({"kernel_initializer": First()}, plain),
    }


def repacked(path, out, method=None, before=b"", weights=None):
    """The archive with other compression, other bytes before it, or its weights stored in another way."""
    with zipfile.ZipFile(path) as old:
        members = {name: old.read(name) for name in old.namelist()}
    if weights is not None:
        kept = io.BytesIO()
        with h5py.File(io.BytesIO(members["model.weights.h5"])) as source, h5py.File(kept, "w", **weights[0]) as target:
            def copy(name, item):
                made = (target.require_group(name) if isinstance(item, h5py.Group) else
                        target.create_dataset(name, data=item[()], **(weights[1] if item.ndim else {})))
                for key, value in item.attrs.items():
                    made.attrs[key] = value
            source.visititems(copy)
        members["model.weights.h5"] = kept.getvalue()
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", method or zipfile.ZIP_STORED) as new:
        for name, content in members.items():
            new.writestr(name, content)
    out.write_bytes(before + archive.getvalue())


def archives():
    """name -> arguments of repacked"""
    return {
        "lzma": {"method": zipfile.ZIP_LZMA},
        "bzip2": {"method": zipfile.ZIP_BZIP2},
        "deflate": {"method": zipfile.ZIP_DEFLATED},
        "behind_bytes": {"before": b"#!/bin/sh\nexit 0\n"},
        "gzip": {"weights": ({}, {"compression": "gzip", "shuffle": True, "fletcher32": True})},
        "lzf": {"weights": ({}, {"compression": "lzf"})},
        "latest": {"weights": ({"libver": "latest"}, {})},
        "latest_gzip": {"weights": ({"libver": "latest"}, {"compression": "gzip"})},
        "latest_ordered": {"weights": ({"libver": "latest", "track_order": True}, {"chunks": True})},
        "v108": {"weights": ({"libver": ("v108", "v108")}, {})},
    }


def scalings():
    """name -> (first layers, --scale, what a byte is divided by)"""
    rescaling = [layers.Rescaling(1 / 255)]
    return {
        "pixels_convolution": ([], None, 255),
        "pixels_convolution_bytes": ([], "none", 1),
        "pixels_rescaling": (rescaling, None, 1),
        "pixels_rescaling_divided": (rescaling, "0..1", 255),
        "pixels_rescaling_signed": ([layers.Rescaling(1 / 127.5, offset=-1)], None, 1),
        "pixels_padding_then_rescaling": ([layers.ZeroPadding2D(1), *rescaling], None, 1),
        "pixels_normalization": ([layers.Normalization(mean=[120.0, 110, 100], variance=[900.0, 1000, 1100])], None, 1),
    }


def check_scaling(lamina, name, first, scale, divisor):
    """A photograph of bytes, as the command line takes it, against Keras on the same numbers."""
    pixels = rng(name).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    model = Sequential([Input((8, 8, 3)), *first, layers.Conv2D(4, 3), layers.Flatten(), layers.Dense(3, "softmax")])
    model.layers[-1].kernel.assign(model.layers[-1].kernel / 50)  # so that bytes do not end in a one and zeros
    path, picture = lamina.work / f"found_{name}.keras", lamina.work / f"found_{name}.png"
    model.save(path)
    keras.utils.save_img(picture, pixels, scale=False)
    said = lamina.cli("predict", path, picture, *(["--scale", scale] if scale else []))
    expected = model.predict(pixels[None] / np.float32(divisor), verbose=0)[0]
    close(np.float32(said["probabilities"]), expected, name)


def run(binaries, work):
    """(passed, failed)"""
    lamina = Lamina(binaries, work)
    attempt = Attempts("found")
    x = normal(rng("found"), (9, 4))
    y = normal(rng("found y"), (9, 3))

    def check(name, path, model):
        def same():
            close(lamina.predict(path, x), keras.models.load_model(path).predict(x, verbose=0), name)
            close(lamina.predict(path, x), model.predict(x, verbose=0), name)

        attempt(name, same)

    model = None
    for name, (arguments, compiled) in models().items():
        model = Sequential([Input((4,)), layers.Dense(8, "tanh", **arguments), layers.BatchNormalization(), layers.Dense(3, name="head")])
        fill(model, rng(name))
        model.compile(**compiled)
        if not name.startswith(("own_metric", "many_metrics", "metrics_", "dice")):  # those that Keras builds late
            model.train_on_batch(x, y)
        path = work / f"found_{name}.keras"
        model.save(path)
        check(name, path, model)
    for name, arguments in archives().items():
        path = work / f"found_{name}.keras"
        repacked(work / "found_ema.keras", path, **arguments)
        check(name, path, keras.models.load_model(work / "found_ema.keras"))
    for name, (first, scale, divisor) in scalings().items():
        attempt(name, lambda: check_scaling(lamina, name, first, scale, divisor))
    return attempt.passed, attempt.failed
