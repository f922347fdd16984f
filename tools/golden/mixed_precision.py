"""A model of mixed_float16 that Keras trained: formats/mixed_float16.keras, with .npz beside.

The .npz: x, y, predictions, state_<i> (of the LossScaleOptimizer that compile put around Adam) and after_<i>, the
weights after one more step on (x, y).
"""
from common import GOLDEN, keras, normal, np, numbered, rng, save
from keras import Input, Sequential, layers
from keras_files import rezip


def main():
    keras.utils.set_random_seed(3)
    keras.mixed_precision.set_global_policy("mixed_float16")
    g = rng("mixed_float16")
    x = normal(g, (16, 6))
    y = normal(g, (16, 2))
    model = Sequential([Input((6,)), layers.Dense(8, activation="relu"), layers.Dense(2, dtype="float32")])
    model.compile("adam", "mse")
    model.fit(x, y, epochs=5, batch_size=8, verbose=0)
    path = GOLDEN / "formats" / "mixed_float16.keras"
    path.parent.mkdir(parents=True, exist_ok=True)
    model.save(path)
    rezip(path)
    model = keras.models.load_model(path)
    state = [v.numpy() for v in model.optimizer.variables]
    predictions = model.predict(x, verbose=0)
    model.train_on_batch(x, y)
    save("formats/mixed_float16", x=x, y=y, predictions=predictions, **numbered("state", state),
         **numbered("after", model.get_weights()))


if __name__ == "__main__":
    main()
