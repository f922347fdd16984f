"""Golden file of every initializer: nn/initializers.npz.

Entries: cases (JSON: name, config, shape, and where Keras computes them fans), and per case <name>_statistics: mean,
standard deviation, minimum and maximum of Keras's own draw. Deterministic initializers also give <name>_values.
"""
from common import np, save
from keras import initializers
from keras.src.initializers.random_initializers import compute_fans

DENSE, CONV, VECTOR = (300, 400), (3, 5, 64, 96), (4000,)


def main():
    cases = [
        ("glorot_uniform", initializers.GlorotUniform(seed=1), DENSE),
        ("glorot_uniform_conv", initializers.GlorotUniform(seed=1), CONV),
        ("glorot_uniform_vector", initializers.GlorotUniform(seed=1), VECTOR),
        ("glorot_normal", initializers.GlorotNormal(seed=2), DENSE),
        ("he_uniform", initializers.HeUniform(seed=3), DENSE),
        ("he_uniform_conv", initializers.HeUniform(seed=3), CONV),
        ("he_normal", initializers.HeNormal(seed=4), DENSE),
        ("he_normal_conv", initializers.HeNormal(seed=4), CONV),
        ("lecun_uniform", initializers.LecunUniform(seed=5), DENSE),
        ("lecun_normal", initializers.LecunNormal(seed=6), DENSE),
        ("random_uniform", initializers.RandomUniform(minval=-0.1, maxval=0.3, seed=7), DENSE),
        ("random_normal", initializers.RandomNormal(mean=0.5, stddev=0.2, seed=8), DENSE),
        ("truncated_normal", initializers.TruncatedNormal(mean=-0.5, stddev=0.2, seed=9), DENSE),
        ("variance_scaling", initializers.VarianceScaling(seed=10), DENSE),
        ("variance_scaling_fan_out", initializers.VarianceScaling(2.0, "fan_out", "uniform", seed=11), CONV),
        ("variance_scaling_untruncated",
         initializers.VarianceScaling(1.0, "fan_avg", "untruncated_normal", seed=12), DENSE),
        ("orthogonal", initializers.Orthogonal(gain=1.5, seed=13), (40, 60)),
        ("zeros", initializers.Zeros(), (2, 3)),
        ("ones", initializers.Ones(), (2, 3)),
        ("constant", initializers.Constant(0.25), (2, 3)),
        ("identity", initializers.Identity(), (3, 4)),
        ("stft", initializers.STFT(), (4, 1, 3)),
        ("stft_imag", initializers.STFT("imag", "hamming", "spectrum", True), (4, 1, 3)),
        ("stft_plain", initializers.STFT("imag", None, None), (4, 1, 3)),
    ]
    arrays, entries = {}, []
    for name, initializer, shape in cases:
        values = np.asarray(initializer(shape), np.float32)
        entries.append({"name": name, "config": initializers.serialize(initializer), "shape": shape,
                        "fans": compute_fans(shape)})
        arrays[f"{name}_statistics"] = np.array([values.mean(), values.std(), values.min(), values.max()], np.float64)
        if values.size < 20:
            arrays[f"{name}_values"] = values
    names = sorted(k for k in initializers.__dict__ if k[0].islower() and callable(initializers.__dict__[k]))
    save("nn/initializers", cases=entries, aliases=[n for n in names if n not in ("get", "serialize", "deserialize")],
         **arrays)


if __name__ == "__main__":
    main()
