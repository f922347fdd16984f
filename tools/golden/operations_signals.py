"""keras.ops' Fourier transforms in a functional graph: formats/operations_signals.keras and .npz.

As operations.py, of rows x and y (real and imaginary parts) and signals s.
"""
from common import normal, rng
from keras import ops
from keras_files import write_graph

BATCH = 2


def outputs(x, y, s):
    half = ops.rfft(x)
    frames = ops.stft(s, 8, 4, 10)
    return [
        ops.fft((x, y)), ops.fft2((x, y)), ops.ifft2((x, y)), half, ops.rfft(x, fft_length=8), ops.rfft(x, fft_length=15), ops.irfft(half),
        ops.irfft(half, fft_length=7), ops.irfft((x, y), fft_length=16), ops.extract_sequences(s, 7, 5), ops.stft(s, 8, 4, 8),
        ops.stft(s, 6, 3, 9, window="hamming", center=False), ops.stft(s, 5, 2, 8, window=None), frames, ops.istft(frames, 8, 4, 10),
        ops.istft(frames, 8, 4, 10, length=20), ops.istft(frames, 8, 4, 10, window="hamming", center=False), ops.istft(frames, 8, 4, 10, window=None),
    ]


def main():
    generator = rng("operations_signals")
    write_graph("operations_signals", outputs, x=normal(generator, (BATCH, 3, 12)), y=normal(generator, (BATCH, 3, 12)), s=normal(generator, (BATCH, 40)))


if __name__ == "__main__":
    main()
