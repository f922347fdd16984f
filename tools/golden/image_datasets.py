"""keras.utils.image_dataset_from_directory on a small folder: zoo/image_datasets.npz.

files (JSON): the paths below the folder, <path>_bytes of each under file_<n>; cases (JSON): a list of objects with name, the options, the
paths in Keras's order (file_paths), class_names; <name>_x and, with targets, <name>_y: the first batches joined.
"""
import io
import pathlib
import tempfile

from common import np, rng, save
from keras import utils
from PIL import Image

FILES = ["cats/b.jpg", "cats/a.jpg", "cats/old/c.PNG", "cats-old/z.bmp", "cats-old/y.gif", "big dogs/1.jpeg", "big dogs/2.jpg",
         "big dogs/10.png", "big dogs/notes.txt", "熊猫/一.jpg", "熊猫/二.jpg", "stray.jpg", "empty/none.txt"]


def picture(generator):
    height, width = (int(v) for v in generator.integers(9, 40, 2))
    y, x = np.mgrid[0:height, 0:width]
    planes = [40 * c + 5 * y + 6 * x + 60 * (x > 9) for c in generator.integers(0, 4, 3)]
    noise = generator.integers(0, 12, (height, width, 3))
    return Image.fromarray(np.clip(np.stack(planes, -1) + noise, 0, 255).astype(np.uint8))


def encoded(image, name):
    out = io.BytesIO()
    if name.endswith("txt"):
        return b"no image"
    format = {"jpg": "JPEG", "jpeg": "JPEG", "png": "PNG", "bmp": "BMP", "gif": "GIF"}[name.rsplit(".", 1)[1].lower()]
    if name == "big dogs/10.png":
        image = image.convert("L")
    image.save(out, format=format)
    return out.getvalue()


def main():
    generator = rng("image_datasets")
    arrays, cases = {}, []
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for i, name in enumerate(FILES):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            data = encoded(picture(generator), name)
            (root / name).write_bytes(data)
            arrays[f"file_{i}"] = np.frombuffer(data, np.uint8)

        def case(name, directory="", pixels=True, **options):
            keras_options = dict(options)
            if keras_options.get("label_mode") == "none":
                keras_options["label_mode"] = None
            dataset = utils.image_dataset_from_directory(root / directory, verbose=False, **keras_options)
            paths = [str(pathlib.Path(p).relative_to(root)) for p in dataset.file_paths]
            cases.append({"name": name, "directory": directory, "options": options, "file_paths": paths, "pixels": pixels,
                          "class_names": dataset.class_names or []})
            if not pixels:
                return
            batches = list(dataset)
            if keras_options.get("label_mode", "int") is None:
                arrays[f"{name}_x"] = np.concatenate([np.asarray(b) for b in batches])
            else:
                arrays[f"{name}_x"] = np.concatenate([np.asarray(b[0]) for b in batches])
                arrays[f"{name}_y"] = np.concatenate([np.asarray(b[1]) for b in batches])

        ordered = {"shuffle": False, "image_size": [10, 13]}
        case("plain", **ordered, batch_size=4)
        case("crop", **ordered, crop_to_aspect_ratio=True)
        case("pad", **ordered, pad_to_aspect_ratio=True)
        for method in ("nearest", "bicubic", "area", "lanczos3", "lanczos5", "gaussian", "mitchellcubic"):
            case(method, "big dogs", label_mode="none", shuffle=False, image_size=[7, 9], interpolation=method)
        case("grey", "熊猫", **ordered, color_mode="grayscale", label_mode="none")
        case("first", "熊猫", **ordered, data_format="channels_first", label_mode="none")
        case("categorical", **ordered, label_mode="categorical")
        case("binary", **ordered, label_mode="binary", class_names=["熊猫", "cats"])
        case("labels", "big dogs", **ordered, labels=[2, 0, 2])
        for seed in (0, 1, 1337):
            for subset in ("training", "validation"):
                case(f"{subset}_{seed}", pixels=False, seed=seed, validation_split=0.3, subset=subset)
        case("unshuffled_validation", pixels=False, shuffle=False, validation_split=0.25, subset="validation")
        case("shuffled", pixels=False, seed=7)
    save("zoo/image_datasets", files={"names": FILES}, cases={"cases": cases}, **arrays)


if __name__ == "__main__":
    main()
