"""The classes of operations of keras.ops, by module: ops/operation_classes.json."""
import importlib
import inspect
import json

from common import GOLDEN, keras

MODULES = ["core", "image", "linalg", "math", "nn", "numpy"]


def classes(module):
    return sorted(name for name, value in vars(module).items()
                  if inspect.isclass(value) and issubclass(value, keras.Operation) and value.__module__ == module.__name__)


def main():
    found = {name: classes(importlib.import_module(f"keras.src.ops.{name}")) for name in MODULES}
    (GOLDEN / "ops" / "operation_classes.json").write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
