"""Golden file of what keras.ops takes: ops/signatures.json, {function: [[parameter, default], ...]}.

A default is its Python text; a parameter without one has null.
"""
import inspect
import json

from common import GOLDEN
from keras import ops


def signature(function):
    return [[p.name, None if p.default is p.empty else repr(p.default)]
            for p in inspect.signature(function).parameters.values()]


def main():
    names = sorted(name for name in dir(ops) if not name.startswith("_"))
    functions = {name: signature(getattr(ops, name)) for name in names if inspect.isfunction(getattr(ops, name))}
    assert len(functions) > 200
    path = GOLDEN / "ops" / "signatures.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(parameters)}" for name, parameters in functions.items())
    path.write_text("{\n" + lines + "\n}\n")


if __name__ == "__main__":
    main()
