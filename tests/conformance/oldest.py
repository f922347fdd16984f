"""Run by the oldest Keras 3 (its own environment): opens every file that Lamina wrote in the folder given, and predicts.

A file NAME.keras is opened where NAME.keras.x.npy and NAME.keras.y.npy, what Lamina predicted for it, stand beside it.
Prints one line for each failure, and last "PASSED FAILED".
"""
import os
import pathlib
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import keras  # noqa: E402
import numpy as np  # noqa: E402

# The product of Nadam's momenta stood before the other variables then: this Keras takes no state of it that a newer one writes.
REORDERED = ("optimizer_nadam.", "optimizer_accumulating.")


def main():
    passed = failed = 0
    for inputs in sorted(pathlib.Path(sys.argv[1]).glob("*.keras.x.npy")):
        path = inputs.with_name(inputs.name.removesuffix(".x.npy"))
        try:
            expected = np.load(str(path) + ".y.npy")
            actual = keras.models.load_model(path, compile=not path.name.startswith(REORDERED)).predict(np.load(inputs), verbose=0)
            worst = np.abs(actual - expected).max()
            assert worst <= 1e-5 * np.abs(expected).max(), f"predictions differ by {worst}"
            passed += 1
        except Exception as error:  # noqa: BLE001: whatever goes wrong is a failed check
            failed += 1
            print(f"FAILED: {path.name} in Keras {keras.__version__}: {str(error)[-600:]}")
    print(passed, failed)


if __name__ == "__main__":
    main()
