"""Writes tests/golden/zoo/applications.json.gz: of each network of Keras's applications the layers by class and name, in the order of
its configuration, how many weights it has and of which shape what it gives is, with its classifier and without.

usage: python tools/golden/applications.py
"""
import gzip
import json

from common import GOLDEN, keras

NAMES = ["ConvNeXtBase", "ConvNeXtLarge", "ConvNeXtSmall", "ConvNeXtTiny", "ConvNeXtXLarge", "DenseNet121", "DenseNet169", "DenseNet201",
         *(f"EfficientNetB{i}" for i in range(8)), *(f"EfficientNetV2B{i}" for i in range(4)), "EfficientNetV2L", "EfficientNetV2M",
         "EfficientNetV2S", "InceptionResNetV2", "InceptionV3", "MobileNet", "MobileNetV2", "MobileNetV3Large", "MobileNetV3Small",
         "NASNetLarge", "NASNetMobile", "ResNet101",
         "ResNet101V2", "ResNet152", "ResNet152V2", "ResNet50", "ResNet50V2", "VGG16", "VGG19", "Xception"]
OTHERS = {"MobileNet": [{"alpha": 0.5}], "MobileNetV2": [{"alpha": 0.35}, {"alpha": 1.4}], "MobileNetV3Large": [{"alpha": 0.75}],
          "MobileNetV3Small": [{"alpha": 1.25}], "ResNet50": [{"classes": 7, "classifier_activation": "sigmoid"}]}
WITHOUT = [{"include_top": False}, {"include_top": False, "pooling": "avg", "input_shape": [128, 96, 3]},
           {"include_top": False, "pooling": "max", "input_shape": [None, None, 3]}]
# How their cells are joined depends on height and width, which Keras does not know of the large one without its top.
OF_ONE_SIZE = {"NASNetLarge": [{"include_top": False, "input_shape": [224, 192, 3]}], "NASNetMobile": WITHOUT[:2]}


def without(name):
    return OF_ONE_SIZE.get(name) or (WITHOUT[:1] if name.endswith(("Large", "XLarge", "V2L")) else WITHOUT)


def described(name, options):
    keras.backend.clear_session(free_memory=True)
    given = {key: tuple(value) if key == "input_shape" else value for key, value in options.items()}
    model = getattr(keras.applications, name)(weights=None, **given)
    config = model.get_config()
    return {"network": name, "options": options, "name": model.name, "params": model.count_params(), "output": list(model.output_shape),
            "layers": [[layer["class_name"], layer["config"]["name"]] for layer in config["layers"]]}


def main():
    cases = []
    for name in NAMES:
        for options in [{}, *OTHERS.get(name, []), *without(name)]:
            cases.append(described(name, options))
            print(name, options, cases[-1]["params"], flush=True)
    content = json.dumps({"keras": keras.__version__, "cases": cases}, separators=(",", ":")).encode()
    (GOLDEN / "zoo").mkdir(parents=True, exist_ok=True)
    (GOLDEN / "zoo" / "applications.json.gz").write_bytes(gzip.compress(content, 9, mtime=0))


if __name__ == "__main__":
    main()
