"""TFLite models, run by TensorFlow's interpreter with its reference kernels and by Lamina.

usage: tflite.py PROGRAM WORK SEED [--write] [--only NAME]   run by an environment with TensorFlow; prints FAILED lines and
"passed failed"

The models are converted here from Keras layers and from functions of TensorFlow (tflite_cases.py): in floats, with float16
weights, with integer weights (dynamic range), in int8, and in int8 with activations of 16 bits. TFLITE_MICRO names a checkout of
tflite-micro, whose models run, too; those with its own operators by its own interpreter, where the environment has it (PyPI's
tflite_micro). Integers must be equal. tflite_ledger.tsv lists what does not pass, and why; a case that
is not as listed fails the run. --write writes that list anew.
"""
import os
import pathlib
import signal
import subprocess
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_USE_LEGACY_KERAS", "0")

LEDGER = pathlib.Path(__file__).with_name("tflite_ledger.tsv")
KINDS = ("float", "float16", "dynamic", "int8", "int16")


def golden(folder, content, rng):
    """Writes the model into `folder` with random inputs and what the interpreter gives for them."""
    import numpy as np
    import tensorflow as tf
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.tflite").write_bytes(content)
    kinds = tf.lite.experimental.OpResolverType
    # With integer weights for floats the interpreter's default differs from its reference kernels, and is more exact; of these
    # the window of LOCAL_RESPONSE_NORMALIZATION lacks its last channel, and SUM of integers gives no sums.
    default = "dynamic" in folder.name or folder.name.startswith(("local_response", "reduce_sum", "if_int", "while_value"))
    runner = tf.lite.Interpreter(model_content=content, experimental_op_resolver_type=kinds.AUTO if default else kinds.BUILTIN_REF,
                                 experimental_preserve_all_tensors=True)
    try:
        runner.allocate_tensors()
    except (RuntimeError, ValueError) as error:
        if "custom op" not in str(error):
            raise
        return golden_of_micro(folder, content, rng)
    for _ in range(20):
        for number, detail in enumerate(runner.get_input_details()):
            shape, kind = tuple(detail["shape"]), detail["dtype"]
            if kind == np.bool_:
                value = rng.integers(0, 2, shape).astype(bool)
            elif np.issubdtype(kind, np.integer):
                wide = detail["quantization"][0] != 0
                bounds = np.iinfo(kind) if wide else None
                value = rng.integers(bounds.min if wide else -9, (bounds.max if wide else 9) + 1, shape).astype(kind)
            else:
                value = rng.standard_normal(shape).astype(kind)
            np.save(folder / f"input_{number}.npy", value)
            runner.set_tensor(detail["index"], value)
        runner.invoke()
        if not between_integers(runner):
            break
    for number, detail in enumerate(runner.get_output_details()):
        np.save(folder / f"output_{number}.npy", runner.get_tensor(detail["index"]))


def between_integers(runner):
    """Whether floats that became integers lay so near the middle of two that the order of a sum decides: such inputs say nothing."""
    import numpy as np
    details = {detail["index"]: detail for detail in runner.get_tensor_details()}
    for operator in runner._get_ops_details():  # pylint: disable=protected-access
        if operator["op_name"] != "QUANTIZE" or details[operator["inputs"][0]]["dtype"] != np.float32:
            continue
        exact = runner.get_tensor(operator["inputs"][0]).astype(np.float64) / details[operator["outputs"][0]]["quantization"][0]
        if np.any(np.abs(exact - np.floor(exact) - 0.5) < 1e-6 * np.abs(exact).max(initial=1)):
            return True
    return False


def golden_of_micro(folder, content, rng):
    """The same by tflite-micro's interpreter, which knows audio operators: they take samples of sound, int16."""
    import numpy as np
    from tflite_micro.python.tflite_micro import runtime
    runner = runtime.Interpreter.from_bytes(content, arena_size=1 << 22)
    detail = runner.get_input_details(0)
    shape, steps = tuple(detail["shape"]), np.arange(int(np.prod(detail["shape"])))
    value = (9000 * np.sin(steps * 0.31) + 5000 * np.sin(steps * 1.1) + rng.normal(0, 600, steps.shape)).astype(detail["dtype"]).reshape(shape)
    np.save(folder / "input_0.npy", value)
    runner.set_input(value, 0)
    runner.invoke()
    np.save(folder / "output_0.npy", np.array(runner.get_output(0)))


def attempt(folder, make, rng):
    """Makes one case unless that was tried; what the converter or the interpreter says of it goes into a file. Both may end
    the process: the file is there before."""
    said = folder / "left_out.txt"
    if folder.exists():
        return
    folder.mkdir(parents=True)
    said.write_text("the process ended")
    signal.alarm(120)  # ends the process: a loop of the interpreter does not ask Python
    try:
        make(rng)
        said.unlink()
    except Exception as error:  # pylint: disable=broad-except
        said.write_text((str(error).strip().splitlines() or [repr(error)])[0][:160])
    signal.alarm(0)


def in_integers(converter, shapes, kind, rng):
    """Makes it quantise activations, too, by random samples."""
    import numpy as np
    import tensorflow as tf
    samples = [[rng.standard_normal(shape).astype(np.float32) for shape in shapes] for _ in range(16)]
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: iter(samples)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8 if kind == "int8" else
                                           tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8 if kind == "int8" else tf.int16


def converted(model, shape, kind, rng):
    import tensorflow as tf
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    if kind != "float":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if kind == "float16":
        converter.target_spec.supported_types = [tf.float16]
    if kind in ("int8", "int16"):
        in_integers(converter, [(1,) + shape], kind, rng)
    return converter.convert()


def built(folder, seed, only):
    """Writes all cases."""
    import numpy as np
    import tensorflow as tf
    import tflite_cases

    def write(name, make):
        if only and only not in name:
            return
        attempt(folder / name, lambda rng: golden(folder / name, make(rng), rng), np.random.default_rng(seed))

    tf.keras.utils.set_random_seed(seed)  # layers draw the seeds of their weights when they are made
    for name, (chain, shape) in tflite_cases.layers().items():
        if only and not any(only in f"{name}_{kind}" for kind in KINDS):
            continue
        tf.keras.utils.set_random_seed(seed)
        chain = chain if isinstance(chain, list) else [chain]
        model = tf.keras.Sequential([tf.keras.Input(shape, batch_size=1)] + chain)
        for weight in model.weights:  # biases and statistics that are not all 0 or 1
            if weight.shape.rank == 1 if hasattr(weight.shape, "rank") else len(weight.shape) == 1:
                weight.assign(np.random.default_rng(seed).uniform(0.3, 1, weight.shape))
        for kind in KINDS:
            write(f"{name}_{kind}", lambda rng, m=model, s=shape, k=kind: converted(m, s, k, rng))
    for name, (function, inputs) in tflite_cases.functions().items():
        if only and only not in name:
            continue
        for kind in ("float", "int8", "int16"):
            if kind != "float" and not all(dtype == tf.float32 for _, dtype in inputs):
                continue

            def make(rng, f=function, declared=inputs, k=kind):
                concrete = tf.function(f).get_concrete_function(*[tf.TensorSpec(shape, dtype) for shape, dtype in declared])
                converter = tf.lite.TFLiteConverter.from_concrete_functions([concrete])
                if k != "float":
                    in_integers(converter, [shape for shape, _ in declared], k, rng)
                return converter.convert()
            write(name if kind == "float" else f"{name}_{kind}", make)


def micro(folder, source, seed, only):
    """The models of tflite-micro."""
    import numpy as np
    for path in sorted(source.rglob("*.tflite")):
        name = "micro_" + path.stem
        if only and only not in name:
            continue
        attempt(folder / name, lambda rng, p=path: golden(folder / name, p.read_bytes(), rng), np.random.default_rng(seed))


def written(binary, folder, seed, only):
    """(passed, failed) of models that Lamina writes, as floats and as integers: the interpreter must give what Keras gives,
    and for integers, by its reference kernels, the same bits as Lamina."""
    os.environ["KERAS_BACKEND"] = "tensorflow"
    import numpy as np
    import keras
    import tensorflow as tf
    import tflite_cases
    passed = failed = 0
    tf.keras.utils.set_random_seed(seed)
    for name, (chain, shape) in tflite_cases.layers().items():
        chain = chain if isinstance(chain, list) else [chain]
        if (only and only not in name) or any(type(layer).__name__ in ("Lambda", "ELU", "Conv3D") for layer in chain):
            continue
        tf.keras.utils.set_random_seed(seed)
        model = keras.Sequential([keras.Input(shape)] + chain)
        for weight in model.weights:
            if len(weight.shape) == 1:
                weight.assign(np.random.default_rng(seed).uniform(0.3, 1, weight.shape))
        place = folder / f"written_{name}"
        place.mkdir(parents=True, exist_ok=True)
        model.save(place / "model.keras")
        samples = np.random.default_rng(seed).standard_normal((50,) + shape).astype(np.float32)
        np.save(place / "samples.npy", samples)
        np.save(place / "x.npy", samples[:1])
        expected = np.asarray(model(samples[:1]))
        for kind, words in (("floats", []), ("integers", ["--int8", "--calibrate", str(place / "samples.npy")])):
            try:
                path = place / f"{kind}.tflite"
                subprocess.run([binary, "convert", str(place / "model.keras"), str(path)] + words, check=True, capture_output=True, text=True)
                runner = tf.lite.Interpreter(str(path), experimental_op_resolver_type=tf.lite.experimental.OpResolverType.BUILTIN_REF)
                runner.allocate_tensors()
                runner.set_tensor(runner.get_input_details()[0]["index"], samples[:1])
                runner.invoke()
                given = runner.get_tensor(runner.get_output_details()[0]["index"])
                most = np.abs(expected).max()
                np.testing.assert_allclose(given, expected, rtol=0, atol=(2e-5 if kind == "floats" else 0.08) * most)
                if kind == "integers":
                    subprocess.run([binary, "run", str(path), "--input", str(place / "x.npy"), "--output", str(place / "out")], check=True, capture_output=True)
                    np.testing.assert_array_equal(np.load(next((place / "out").glob("*.npy"))), given)
                passed += 1
            except Exception as error:  # pylint: disable=broad-except
                failed += 1
                print(f"FAILED tflite writes {name} as {kind}: {str(getattr(error, 'stderr', error))[-300:]}".replace("\n", " "))
    return passed, failed


def language(binary, folder, only):
    """(passed, failed): golden folders of language models, which `lamina convert` writes and the interpreter runs as `lamina run` does."""
    import numpy as np
    import tensorflow as tf
    golden_folders = pathlib.Path(__file__).resolve().parents[1] / "golden" / "transformers"
    passed = failed = 0
    for name, shapes in (("gpt2", ["input_ids=1,6"]), ("bert_answers", ["input_ids=2,6"]), ("llama", ["input_ids=1,6"]),
                         ("marian", ["input_ids=1,6", "decoder_input_ids=1,3"]), ("t5", ["input_ids=1,6", "decoder_input_ids=1,3"])):
        if only and only not in name:
            continue
        try:
            place = folder / f"language_{name}"
            place.mkdir(parents=True, exist_ok=True)
            words = [word for shape in shapes for word in ("--shape", shape)]
            subprocess.run([binary, "convert", golden_folders / name, place / "x.tflite"] + words, check=True, capture_output=True, text=True)
            runner = tf.lite.Interpreter(str(place / "x.tflite"))
            runner.allocate_tensors()
            asked = []
            for number, detail in enumerate(runner.get_input_details()):
                values = np.ones(detail["shape"], detail["dtype"])
                if detail["name"].endswith("input_ids"):
                    values = np.random.default_rng(number).integers(3, 30, detail["shape"]).astype(detail["dtype"])
                elif "mask" in detail["name"]:
                    values[:, -2:] = 0
                runner.set_tensor(detail["index"], values)
                np.save(place / f"{detail['name']}.npy", values)
                asked += ["--input", f"{detail['name']}={place / detail['name']}.npy"]
            runner.invoke()
            subprocess.run([binary, "run", golden_folders / name, "--output", place / "out"] + asked, check=True, capture_output=True, text=True)
            for detail in runner.get_output_details():
                expected = np.load(place / "out" / f"{detail['name']}.npy")
                np.testing.assert_allclose(runner.get_tensor(detail["index"]), expected, rtol=0, atol=2e-5 * max(1, np.abs(expected).max()))
            passed += 1
        except Exception as error:  # pylint: disable=broad-except
            failed += 1
            print(f"FAILED tflite writes {name}: {str(getattr(error, 'stderr', error))[-300:]}".replace("\n", " "))
    return passed, failed


def main():
    program, work, seed = sys.argv[1:4]
    only = sys.argv[sys.argv.index("--only") + 1] if "--only" in sys.argv else None
    folder = pathlib.Path(work)
    folder.mkdir(parents=True, exist_ok=True)
    if "--make" in sys.argv:
        built(folder, int(seed), only)
        if os.environ.get("TFLITE_MICRO"):
            micro(folder, pathlib.Path(os.environ["TFLITE_MICRO"]), int(seed), only)
        return
    for _ in range(100):  # until nothing ends it
        if subprocess.run([sys.executable, __file__] + sys.argv[1:] + ["--make"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0:
            break
    left_out = {path.parent.name: path.read_text() for path in folder.glob("*/left_out.txt")}
    folders = sorted(path for path in folder.iterdir() if (path / "model.tflite").exists() and not (path / "left_out.txt").exists() and (not only or only in path.name))
    results = {}
    for begin in range(0, len(folders), 50):
        done = subprocess.run([program] + [str(path) for path in folders[begin:begin + 50]], capture_output=True, text=True, check=False)
        for path in folders[begin:begin + 50]:
            results.setdefault(path.name, "the program ended: " + done.stderr[-200:])
        for line in done.stdout.splitlines():
            name, _, what = line.partition("\t")
            results[name] = what
    said = {name: what for name, what in results.items() if what != "pass"}
    if "--write" in sys.argv:
        LEDGER.write_text("".join(f"{name}\t{what}\n" for name, what in sorted(said.items())))
    ledger = dict(line.split("\t", 1) for line in LEDGER.read_text().splitlines()) if LEDGER.exists() else {}
    failed = 0
    for name, what in sorted(said.items()):
        if name not in ledger:
            failed += 1
            print(f"FAILED tflite {name}: {what}")
    for name in sorted(set(ledger) & set(results) - set(said)):
        failed += 1
        print(f"FAILED tflite {name}: passes, and the ledger says that it does not")
    for name, what in sorted(left_out.items()):
        print(f"left out {name}: {what}", file=sys.stderr)
    lamina = pathlib.Path(program).with_name("lamina")
    good, bad = (sum(counts) for counts in zip(written(lamina, folder, int(seed), only), language(lamina, folder, only)))
    print(f"{len(results) - failed + good} {failed + bad}")


if __name__ == "__main__":
    main()
