"""Networks of Keras's applications: Keras writes weights and what it makes of pictures with them, Lamina builds the network by its name,
loads the weights by the names of layers, and gives the same; and it reads Keras's own file of the model.
"""
import subprocess

import numpy as np

# Smaller pictures than published where the network takes them; EfficientNet-B0 and -V2 B0 stand for their larger ones.
CASES = {"ResNet50": {}, "ResNet50V2": {}, "MobileNet": {"alpha": 0.5}, "MobileNetV2": {}, "MobileNetV3Small": {}, "MobileNetV3Large": {"alpha": 0.75},
         "EfficientNetB0": {}, "EfficientNetV2B0": {}, "EfficientNetV2S": {}, "DenseNet121": {}, "InceptionV3": {}, "InceptionResNetV2": {},
         "Xception": {}, "NASNetMobile": {}, "ConvNeXtTiny": {}, "VGG16": {"include_top": False, "pooling": "avg"}}
SIDES = {"InceptionV3": 75, "InceptionResNetV2": 75, "Xception": 71}
BOTTOM = ("MobileNetV2", "EfficientNetB0", "ResNet50")  # once more without the classifier


def shaken(model, rng):
    """Weights as a training could leave them: moving means and variances that say something, gammas of all sizes."""
    for weight in model.weights:
        value = weight.numpy()
        name = weight.path.rsplit("/", 1)[-1]
        if name in ("moving_variance", "variance"):
            value = rng.uniform(0.5, 2, value.shape)
        elif name in ("gamma", "moving_mean", "mean", "beta", "bias"):
            value = value + rng.normal(0, 0.1, value.shape)
        weight.assign(value.astype(np.float32) if value.dtype != np.int64 else value)


def check(binaries, folder, name, options, rng):
    import keras
    side = SIDES.get(name, 64)
    keras.backend.clear_session()
    model = getattr(keras.applications, name)(weights=None, input_shape=(side, side, 3), **options)
    shaken(model, rng)
    pictures = rng.uniform(0, 255, (3, side, side, 3)).astype(np.float32)
    expected = model.predict(pictures, verbose=0)
    stem = folder / (name + ("_bottom" if "include_top" in options else ""))
    model.save_weights(f"{stem}.weights.h5")
    model.save(f"{stem}.keras")
    np.save(f"{stem}.npy", pictures)
    words = [f"{key}={value}" for key, value in {**options, "side": side}.items()]
    subprocess.run([binaries / "lamina_conformance", "application", name, f"{stem}.weights.h5", f"{stem}.npy", f"{stem}.out.npy", *words],
                   check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    subprocess.run([binaries / "lamina", "run", f"{stem}.keras", "--input", f"{stem}.npy", "--output", f"{stem}.out"], check=True,
                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    (read,) = (np.load(path) for path in (folder / f"{stem.name}.out").glob("*.npy"))
    for what, ours in (("by name", np.load(f"{stem}.out.npy")), ("its file", read)):
        off = np.abs(ours - expected).max() / np.abs(expected).max()
        assert ours.shape == expected.shape and off < 1e-4, f"{what} is off by {off:.1e}"
    for path in folder.glob(f"{stem.name}.*"):
        if path.is_file():
            path.unlink()  # half a gigabyte of some


def run(binaries, folder, seed):
    """(passed, failed)"""
    passed = failed = 0
    rng = np.random.default_rng(seed)
    for name, options in [*CASES.items(), *((name, {"include_top": False}) for name in BOTTOM)]:
        try:
            check(binaries, folder, name, options, rng)
            passed += 1
        except Exception as error:  # noqa: BLE001: whatever goes wrong is a failed check
            failed += 1
            said = getattr(error, "stderr", None) or str(error)
            print(f"FAILED: application {name} {options}: {type(error).__name__}: {said[-600:]}")
    return passed, failed
