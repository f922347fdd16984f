"""Real .keras files, written by Keras: formats/<case>.keras, with <case>.npz beside (x, predictions, next steps).

fashion: a small CNN trained on Fashion-MNIST with Adam, so that the file holds optimizer state.
The .npz: x (uint8 images), y, predictions, and after_<i>: the weights after one more step on (x, y), which only come
out right when the optimizer's state was read too. Needs Debian's package dataset-fashion-mnist.
"""
import gzip
import json
import os
import zipfile

from common import GOLDEN, keras, np, numbered, save, stable, weight_names
from keras import Input, Sequential, layers, optimizers

DATA = "/usr/share/datasets/fashion-mnist"


def idx(name, skip):
    with gzip.open(os.path.join(DATA, name)) as f:
        return np.frombuffer(f.read(), np.uint8, offset=skip)


def rezip(path):
    """Packs the archive again with fixed dates and object numbers, so that the same model gives the same bytes."""
    with zipfile.ZipFile(path) as old:
        parts = [(info.filename, old.read(info)) for info in old.infolist()]
    for i, (name, data) in enumerate(parts):
        if name.endswith(".json"):
            value = stable(json.loads(data))
            if "date_saved" in value:
                value["date_saved"] = "2026-01-01@00:00:00"
            parts[i] = (name, json.dumps(value).encode())
    with zipfile.ZipFile(path, "w") as new:
        for name, data in parts:
            new.writestr(zipfile.ZipInfo(name), data)


def write_graph(name, outputs, **data):
    """formats/<name>.keras, the functional graph of outputs(inputs...), and .npz beside: the inputs, output_<j>."""
    inputs = [Input(array.shape[1:], dtype=str(array.dtype), name=key) for key, array in data.items()]
    single = len(inputs) == 1
    path = GOLDEN / "formats" / f"{name}.keras"
    keras.Model(inputs[0] if single else inputs, keras.tree.flatten(outputs(*inputs))).save(path)
    rezip(path)
    arrays = list(data.values())
    results = [np.asarray(y) for y in keras.models.load_model(path)(arrays[0] if single else arrays)]
    save(f"formats/{name}", **data, **numbered("output", results))


def write(name, model, x, y):
    folder = GOLDEN / "formats"
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.keras"
    model.save(path)
    rezip(path)
    model = keras.models.load_model(path)
    before = model.get_weights()
    predictions = model.predict(x, verbose=0)
    state = [v.numpy() for v in model.optimizer.variables]
    model.train_on_batch(x, y)
    save(f"formats/{name}", x=x, y=y, predictions=predictions, weight_names=weight_names(model),
         **numbered("weight", before), **numbered("state", state), **numbered("after", model.get_weights()))


def main():
    images = idx("train-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28, 1)[:12000]
    labels = idx("train-labels-idx1-ubyte.gz", 8)[:12000]
    keras.utils.set_random_seed(1)
    fashion = Sequential([
        Input((28, 28, 1)),
        layers.Rescaling(1 / 255),
        layers.Conv2D(4, 3, activation="relu"),
        layers.MaxPooling2D(4),
        layers.Flatten(),
        layers.Dense(8, activation="relu"),
        layers.Dense(10, activation="softmax"),
    ])
    fashion.compile(optimizer=optimizers.Adam(0.005), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    fashion.fit(images[:-2000], labels[:-2000], batch_size=32, epochs=3, shuffle=False, verbose=0)
    accuracy = fashion.evaluate(images[-2000:], labels[-2000:], verbose=0)[1]
    assert accuracy > 0.7, accuracy
    write("fashion", fashion, images[-8:], labels[-8:].astype(np.int32))

    keras.utils.clear_session()
    keras.utils.set_random_seed(2)
    everything = Sequential([
        Input((12, 12, 3)),
        layers.Rescaling(1 / 127.5, offset=-1.0),
        layers.Conv2D(4, 3, padding="same", use_bias=False),
        layers.BatchNormalization(),
        layers.Activation("relu"),
        layers.MaxPooling2D(),
        layers.Dropout(0.25),
        layers.Conv2D(4, 3, padding="same", kernel_initializer="he_normal"),
        layers.ReLU(),
        layers.AveragePooling2D((2, 2)),
        layers.Reshape((9, 4)),
        layers.Flatten(),
        layers.Dense(5),
        layers.Softmax(),
    ])
    everything.compile(optimizer=optimizers.SGD(0.01, momentum=0.9), loss="categorical_crossentropy", metrics=["accuracy"])
    rng = np.random.default_rng(3)
    x = rng.integers(0, 256, (64, 12, 12, 3)).astype(np.uint8)
    y = np.eye(5, dtype=np.float32)[rng.integers(0, 5, 64)]
    everything.fit(x, y, batch_size=16, epochs=2, shuffle=False, verbose=0)
    everything.get_layer("dropout").rate = 0.0  # the step after loading must not depend on random numbers
    write("every_layer", everything, x[:6], y[:6])


if __name__ == "__main__":
    main()
