"""What the oldest Keras 3 takes for the arguments of its classes: formats/keras_3_0.npz. Run it with Keras 3.0 alone
(scripts/conformance makes such an environment); it imports nothing of the other scripts.

Entry: arguments (JSON), {class name: [argument, ...]} of layers, losses, metrics, optimizers, schedules, initializers,
regularizers and constraints, by the names under which files may have them: a name that Keras exports need not be one.
"""
import inspect
import json
import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import keras  # noqa: E402
import numpy as np  # noqa: E402

GOLDEN = pathlib.Path(os.environ.get("LAMINA_GOLDEN") or pathlib.Path(__file__).resolve().parents[2] / "tests" / "golden")
MODULES = (keras.layers, keras.losses, keras.metrics, keras.optimizers, keras.optimizers.schedules, keras.initializers,
           keras.regularizers, keras.constraints)


def accepted(cls):
    """Names of the constructor's arguments, and of those above it that its **kwargs reach."""
    names = set()
    for base in cls.__mro__:
        if "__init__" not in base.__dict__ or base is object:
            continue
        parameters = list(inspect.signature(base.__init__).parameters.values())[1:]
        names |= {p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
        if not any(p.kind is p.VAR_KEYWORD for p in parameters):
            break
    return sorted(names)


def found(module, name):
    """Whether a file may call a class of that module so."""
    config = {"module": "keras." + module.__name__.split("keras.", 1)[-1].removeprefix("api."), "class_name": name,
              "config": {}, "registered_name": None}
    try:
        return not isinstance(module.deserialize(config), str)
    except Exception as error:  # of its arguments, or of what it needs: it was found
        return "Could not locate" not in str(error)


def main():
    assert keras.__version__.startswith("3.0."), f"Keras 3.0 was expected, this is {keras.__version__}"
    classes = {}
    for module in MODULES:
        for name in dir(module):
            cls = getattr(module, name)
            if inspect.isclass(cls) and name[0].isupper() and found(module, name):
                classes[name] = sorted(set(classes.get(name, [])) | set(accepted(cls)))
    text = json.dumps(classes)
    (GOLDEN / "formats").mkdir(parents=True, exist_ok=True)
    np.savez_compressed(GOLDEN / "formats" / "keras_3_0.npz", arguments=np.frombuffer(text.encode(), np.uint8))


if __name__ == "__main__":
    main()
