"""The backend tests that come with ONNX, against a ledger of what each of them gives.

usage: onnx_backend.py PROGRAM WORK SEED [--write]     run by an environment with onnx; prints FAILED lines and "passed failed"

The cases of two versions run: the folders of the wheel of onnx 1.17.0, where that is installed beside (ONNX_OLD names its
folder), and those that this environment's onnx builds in memory. onnx_ledger.tsv lists every case that does not pass, and why;
a case that is not as listed fails the run. --write writes that list anew.
"""
import os
import pathlib
import subprocess
import sys

LEDGER = pathlib.Path(__file__).with_name("onnx_ledger.tsv")


def built(folder):
    """The cases of this environment's onnx, written into `folder`."""
    import numpy as np
    import onnx
    from onnx import numpy_helper
    from onnx.backend.test.case.node import collect_testcases
    for case in collect_testcases(None):
        place = folder / case.name
        place.mkdir(parents=True, exist_ok=True)
        (place / "model.onnx").write_bytes(case.model.SerializeToString())
        for number, (inputs, outputs) in enumerate(case.data_sets):
            data = place / f"test_data_set_{number}"
            data.mkdir(exist_ok=True)
            for side, values, declared in (("input", inputs, case.model.graph.input), ("output", outputs, case.model.graph.output)):
                for i, (value, info) in enumerate(zip(values, declared)):
                    kind = info.type.WhichOneof("value")
                    if not isinstance(value, onnx.TensorProto):
                        writers = {"sequence_type": numpy_helper.from_list, "optional_type": numpy_helper.from_optional,
                                   "map_type": numpy_helper.from_dict}
                        value = writers[kind](value, info.name) if kind in writers else numpy_helper.from_array(np.asarray(value), info.name)
                    (data / f"{side}_{i}.pb").write_bytes(value.SerializeToString())


def light(source, folder):
    """The networks in `source` whose weights are replaced by constants, each with an input as onnx's runner makes it."""
    import numpy as np
    import onnx
    from onnx import numpy_helper
    for path in sorted(source.glob("*.onnx")):
        data = folder / path.stem / "test_data_set_0"
        data.mkdir(parents=True, exist_ok=True)
        (folder / path.stem / "model.onnx").write_bytes(path.read_bytes())
        graph = onnx.load(path).graph
        weights = {tensor.name for tensor in graph.initializer}
        for i, value in enumerate(value for value in graph.input if value.name not in weights):
            shape = [axis.dim_value for axis in value.type.tensor_type.shape.dim]
            ramp = np.arange(np.prod(shape), dtype=np.float32) / np.prod(shape)
            (data / f"input_{i}.pb").write_bytes(numpy_helper.from_array(ramp.reshape(shape).astype(np.float32)).SerializeToString())
        (data / "output_0.pb").write_bytes(path.with_name(path.stem + "_output_0.pb").read_bytes())


def run(program, folders):
    """{name: "pass" or what is wrong} of the cases in these folders."""
    results = {}
    for start in range(0, len(folders), 300):
        part = folders[start:start + 300]
        said = subprocess.run([program, *part], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace")
        for line in said.stdout.splitlines():
            name, _, what = line.partition("\t")
            results[name] = what
        for folder in part:
            results.setdefault(folder.name, "crashed")
    return results


def main():
    program, work = sys.argv[1], pathlib.Path(sys.argv[2])
    folders = {"new": work / "new"}
    built(work / "new")
    old = os.environ.get("ONNX_OLD")
    if old:
        folders["old"] = pathlib.Path(old)
        light(pathlib.Path(old) / "light", work / "light")
    listed = {}
    for line in LEDGER.read_text().splitlines() if LEDGER.exists() else []:
        if line and not line.startswith("#"):
            version, name, _ = line.split("\t", 2)
            listed[version, name] = line
    passed = failed = 0
    lines = []
    for version, folder in folders.items():
        names = [folder] if version == "new" else [folder / kind for kind in ("node", "simple", "pytorch-operator", "pytorch-converted")] + [work / "light"]
        cases = sorted(case for name in names for case in name.iterdir() if (case / "model.onnx").exists())
        results = run(program, cases)
        good = 0
        for name, what in sorted(results.items()):
            if what == "pass":
                good += 1
                if (version, name) in listed:
                    print(f"FAILED: {version} {name} passes now: take it out of {LEDGER.name}")
                    failed += 1
                continue
            lines.append(f"{version}\t{name}\t{what[:160]}")
            if (version, name) not in listed:
                print(f"FAILED: {version} {name}: {what[:300]}")
                failed += 1
        for known_version, name in listed:
            if known_version == version and name not in results:
                print(f"FAILED: {version} {name} is in {LEDGER.name}, and there is no such case")
                failed += 1
        print(f"{version}: {good} of {len(results)} cases pass", file=sys.stderr)
        passed += good
    if "--write" in sys.argv:
        LEDGER.write_text("# Backend tests of ONNX that do not pass: version of the suite, case, what it says. Written by\n"
                          "# tests/conformance/onnx_backend.py --write.\n" + "\n".join(lines) + "\n")
    print(passed, failed)


if __name__ == "__main__":
    main()
