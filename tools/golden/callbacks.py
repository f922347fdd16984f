"""Golden files of callbacks that change the learning rate: nn/callbacks/<case>.npz.

ReduceLROnPlateau is told the numbers of a log, epoch by epoch. Entries: options (JSON of the constructor's arguments),
values (the log), rates (the learning rate after each epoch, which starts at 0.1).
"""
import numpy as np

from common import keras, rng, save

FALLING = [1.0, 0.9, 0.8, 0.8, 0.8, 0.8, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.65, 0.65, 0.65, 0.65, 0.65]


def case(name, values, **options):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mse")
    callback = keras.callbacks.ReduceLROnPlateau(monitor="score", **options)
    callback.set_model(model)
    callback.on_train_begin()
    rates = []
    for epoch, value in enumerate(values):
        callback.on_epoch_end(epoch, {"score": float(value)})
        rates.append(keras.ops.convert_to_numpy(model.optimizer.learning_rate))
    save(f"nn/callbacks/{name}", options=options, values=np.array(values, np.float64), rates=np.array(rates, np.float32))


def main():
    case("plateau", FALLING, mode="min", patience=2)
    case("plateau_cooldown", FALLING, mode="min", patience=1, cooldown=2, factor=0.5)
    case("plateau_floor", FALLING, mode="min", patience=1, factor=0.3, min_lr=0.01)
    case("plateau_delta", [1.0, 0.98, 0.96, 0.7, 0.69, 0.5], mode="min", patience=1, min_delta=0.05, factor=0.5)
    case("plateau_max", [0.1, 0.2, 0.2, 0.2, 0.3, 0.25, 0.25], mode="max", patience=2, factor=0.5)
    case("plateau_patience_none", [1.0, 1.1, 0.9, 0.9], mode="min", patience=0, factor=0.5)
    noise = rng("callbacks").normal(size=60)
    case("plateau_noise", 1 / (1 + np.arange(60)) + 0.05 * noise, mode="min", patience=3, cooldown=1, factor=0.7)


if __name__ == "__main__":
    main()
