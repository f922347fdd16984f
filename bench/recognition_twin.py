"""Trains the network of lamina's recipe `signs` with Keras on TensorFlow, from random weights; prints one JSON line.

usage: recognition_twin.py signs FOLDER SEED [--epochs 60] [--threads N]
The network, its augmentation, optimizer and schedule are those of lamina/zoo/recognition_networks.cpp.
"accuracy" on the test part, "train_s" from the first file read to the last step.
"""
import argparse
import io
import json
import os
import pathlib
import tarfile
import time

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from keras import layers  # noqa: E402
from PIL import Image  # noqa: E402


def pictures(archive):
    """All pictures of a tar file of folders of classes, and the numbers of their classes."""
    with tarfile.open(archive) as files:
        members = [file for file in files if file.name.endswith(".ppm")]
        x = np.stack([np.asarray(Image.open(io.BytesIO(files.extractfile(file).read())).convert("RGB").resize((32, 32), Image.BILINEAR))
                      for file in members])
    names = [file.name.split("/")[1] for file in members]
    numbers = {name: number for number, name in enumerate(sorted(set(names)))}
    return x, np.array([numbers[name] for name in names])


def traffic_sign_network(classes, steps):
    def convolution(filters):
        return [layers.Conv2D(filters, 3, padding="same", use_bias=False, kernel_initializer="he_normal"),
                layers.BatchNormalization(momentum=0.9), layers.ReLU()]

    body = [layer for filters in (32, 64, 128)
            for layer in [*convolution(filters), *convolution(filters), layers.MaxPooling2D(), layers.Dropout(0.1)]]
    model = keras.Sequential([
        layers.Input((32, 32, 3)), layers.Rescaling(1 / 255), layers.RandomTranslation(0.1, 0.1), layers.RandomRotation(0.04),
        layers.RandomZoom(0.15), layers.LayerNormalization(axis=[1, 2, 3], epsilon=1e-4, center=False, scale=False), *body,
        layers.Flatten(), layers.Dense(256, use_bias=False), layers.BatchNormalization(momentum=0.9), layers.ReLU(),
        layers.Dropout(0.4), layers.Dense(classes, activation="softmax")])
    rate, rising = 2e-3, 0.1 * steps
    schedule = keras.optimizers.schedules.CosineDecay(rate / 25, steps - rising, alpha=1e-3, warmup_target=rate, warmup_steps=rising)
    model.compile(keras.optimizers.AdamW(schedule, weight_decay=1e-2), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["signs"])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("seed", type=int)
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    options = parser.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(options.threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    keras.utils.set_random_seed(options.seed)
    began = time.monotonic()
    x, y = pictures(options.folder / "train.tar.gz")
    model = traffic_sign_network(int(y.max()) + 1, options.epochs * -(-len(x) // 64))
    model.fit(x, y, batch_size=64, epochs=options.epochs, verbose=0)
    took = time.monotonic() - began
    accuracy = model.evaluate(*pictures(options.folder / "test.tar.gz"), verbose=0)[1]
    print(json.dumps({"accuracy": accuracy, "train_s": took}))


if __name__ == "__main__":
    main()
