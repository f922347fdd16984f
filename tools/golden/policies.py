"""Golden files of wrappers whose dtype is another than that of the layers inside: nn/policies/<case>.npz.

config, input, weight_<i> and output (of inference, as float32), and output_dtype, a list of one name.
"""
from common import fill, keras, normal, rng, save
from keras import layers

CASES = {
    "time_distributed": lambda dtype, inner: layers.TimeDistributed(layers.Dense(3, activation="tanh", dtype=inner), dtype=dtype),
    "bidirectional": lambda dtype, inner: layers.Bidirectional(layers.LSTM(3, return_sequences=True, dtype=inner), dtype=dtype),
    "spectral_normalization": lambda dtype, inner: layers.SpectralNormalization(layers.Dense(3, dtype=inner), dtype=dtype),
    "rnn": lambda dtype, inner: layers.RNN(layers.GRUCell(3, dtype=inner), return_sequences=True, dtype=dtype),
    "rnn_state": lambda dtype, inner: layers.RNN(layers.LSTMCell(3, dtype=inner), dtype=dtype),
}


def main():
    for name, make in CASES.items():
        for dtype, inner in (("mixed_bfloat16", "float32"), ("float32", "mixed_bfloat16"), ("mixed_bfloat16", "mixed_bfloat16")):
            case = f"{name}_{dtype}_{inner}"
            generator = rng(case)
            x = normal(generator, (2, 5, 4))
            layer = make(dtype, inner)
            layer.build(x.shape)
            fill(layer, generator)
            output = layer(x, training=False)
            config = keras.layers.serialize(layer)
            config["config"]["name"] = case
            save(f"nn/policies/{case}", config=config, input=x, output=keras.ops.convert_to_numpy(keras.ops.cast(output, "float32")),
                 output_dtype=[keras.backend.standardize_dtype(output.dtype)],
                 **{f"weight_{i}": w.numpy().astype("float32") for i, w in enumerate(layer.weights)})


if __name__ == "__main__":
    main()
