"""keras.utils.text_dataset_from_directory on a small folder: zoo/text_datasets.json.

files: paths below the folder and their texts; cases: a list of objects with name, the options, the paths in Keras's order
(told by the texts, which all differ), class_names, the texts of a pass as Keras gives them and, with targets, y and its shape.
tests/zoo/text_dataset_test.cpp reads it.
"""
import json
import pathlib
import tempfile

from common import GOLDEN, np
from keras import utils

FILES = {"pos/b.txt": "a wonderful flight", "pos/a.txt": "", "pos/old/c.TXT": "again, and again\n", "pos-old/z.txt": "long ago",
         "neg/1.txt": "late", "neg/2.txt": "lost\r\nluggage", "neg/10.txt": "rude", "neg/notes.md": "no text",
         "中文/一.txt": "服务很好", "中文/二.txt": "房间太小", "stray.txt": "stray", "empty/none.md": "nothing"}


def main():
    cases = []
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name, text in FILES.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(text.encode())

        def case(name, directory="", **options):
            keras_options = dict(options)
            if keras_options.get("label_mode") == "none":
                keras_options["label_mode"] = None
            dataset = utils.text_dataset_from_directory(str(root / directory), verbose=False, **keras_options)
            batches = list(dataset)
            targets = keras_options.get("label_mode", "int") is not None
            texts = [text for batch in batches for text in np.asarray(batch[0] if targets else batch).tolist()]
            entry = {"name": name, "directory": directory, "options": options, "class_names": dataset.class_names or [],
                     "texts": [np.frombuffer(text, np.uint8).tolist() for text in texts]}
            if targets:
                y = np.concatenate([np.asarray(batch[1]) for batch in batches])
                entry |= {"y": y.astype(float).ravel().tolist(), "y_shape": list(y.shape)}
            cases.append(entry)

        case("plain", shuffle=False, batch_size=4)
        case("categorical", shuffle=False, label_mode="categorical")
        case("binary", shuffle=False, label_mode="binary", class_names=["中文", "neg"])
        case("without", shuffle=False, label_mode="none")
        case("labels", "neg", shuffle=False, labels=[2, 0, 2])
        case("cut", shuffle=False, max_length=4)
        for subset in ("training", "validation"):
            case(f"unshuffled_{subset}", shuffle=False, validation_split=0.25, subset=subset)
            for seed in (0, 1, 1337):
                case(f"{subset}_{seed}", seed=seed, validation_split=0.3, subset=subset)
    (GOLDEN / "zoo" / "text_datasets.json").write_text(json.dumps({"files": FILES, "cases": cases}, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
