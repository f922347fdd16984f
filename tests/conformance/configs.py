"""Every class of Keras's layers, losses, metrics, optimizers, schedules, initializers, regularizers and constraints, with each
argument of its signature at other values than the default: Lamina reads what Keras writes of it, and writes the same.

What is refused must stand in REFUSED with its reason, and there must be something that is refused for each reason.
"""
import inspect
import json
import pathlib
import re
import subprocess

import keras

KINDS = ["layers", "losses", "metrics", "optimizers", "optimizers.schedules", "initializers", "regularizers", "constraints"]

# What a class needs to be made at all.
dense = lambda: keras.layers.Dense(2)  # noqa: E731
REQUIRED = {
    "units": 3, "filters": 4, "kernel_size": 3, "rate": 0.25, "input_dim": 7, "output_dim": 4, "pool_size": 2, "output_size": 3,
    "axes": 1, "dims": (2, 1), "n": 2, "target_shape": (-1, 2), "factor": 0.2, "height": 4, "width": 5, "scale": 2.0,
    "num_heads": 2, "key_dim": 3, "head_dim": 4, "num_query_heads": 4, "num_key_value_heads": 2, "equation": "abc,cd->abd",
    "output_shape": (None, 4), "activation": "relu", "height_factor": 0.1, "width_factor": 0.2, "num_bins": 5, "stddev": 0.3,
    "value_range": (0, 255), "num_classes": 3, "target_class_ids": [0, 2], "specificity": 0.4, "sensitivity": 0.4, "recall": 0.4,
    "precision": 0.4, "initial_learning_rate": 0.1, "decay_steps": 10, "first_decay_steps": 10, "decay_rate": 0.9,
    "boundaries": [3, 6], "values": [0.3, 0.2, 0.1], "max_boxes": 3, "max_number": 3, "factor_": 0.2, "p": 0.3,
    "layer": dense, "cell": lambda: keras.layers.LSTMCell(2), "cells": lambda: [keras.layers.LSTMCell(2), keras.layers.GRUCell(2)],
    "inner_optimizer": lambda: keras.optimizers.SGD(0.1), "num_tokens": 4, "max_value": 3.0, "padding": 1, "cropping": 1, "size": 2,
    "layers": lambda: [keras.layers.RandomFlip()],
    "optimizer_map": lambda: keras.optimizers.OptimizerMap(keras.optimizers.SGD(0.1), {".*/bias": keras.optimizers.Adam(0.01)}),
}
# Other values, by the argument's name; where none stands here, by its default.
OTHERS = {
    "activation": ["tanh"], "recurrent_activation": ["hard_sigmoid"], "padding": ["same", "valid", 2, (1, 2), ((1, 2), (0, 1))],
    "data_format": ["channels_last", "channels_first"], "interpolation": ["nearest", "bicubic"], "fill_mode": ["constant", "nearest", "wrap"],
    "merge_mode": ["sum", "mul", "ave", None], "output_mode": ["one_hot", "multi_hot", "count", "int"], "mode": ["horizontal", "vertical"],
    "reduction": ["sum", "none", "mean", "mean_with_sample_weight"], "average": ["micro", "macro", "weighted"], "axis": [1, 0, -2],
    "thresholds": [0.3, [0.2, 0.7]], "threshold": [0.3], "class_aggregation": ["variance_weighted_average", None], "curve": ["PR"],
    "summation_method": ["minoring", "majoring"], "distribution": ["uniform", "normal", "untruncated_normal"], "seed": [11],
    "clipnorm": [1.5], "clipvalue": [0.5], "global_clipnorm": [2.0], "weight_decay": [0.01], "gradient_accumulation_steps": [4],
    "loss_scale_factor": [8.0], "ema_overwrite_frequency": [3], "use_ema": [True], "learning_rate": [0.02],
    "dtype": ["float64", "mixed_float16", "bfloat16"], "noise_shape": [(None, 1, 3)], "alpha": [0.3], "bias_constraint": ["non_neg"],
    "mask_value": [2.0], "input_shape": [(3,)], "batch_size": [4], "shape": [(3, 4)], "dilation_rate": [2], "strides": [2, (2, 1)],
    "groups": [2], "depth_multiplier": [2], "shuffle": [True], "ignore_class": [1], "class_id": [1], "top_k": [2], "k": [2],
    "output_padding": [1], "side": ["imag"], "window": ["hamming", None], "scaling": ["spectrum", None], "label_weights": [[0.5, 1.0, 2.0]],
    "num_labels": [3], "value_range": [(0.0, 1.0)], "layer": [], "backward_layer": [lambda: keras.layers.LSTM(3, go_backwards=True)],
    "vocabulary": [], "idf_weights": [], "mean": [0.5, [0.1, 0.2]], "variance": [2.0, [1.0, 2.0]], "bin_boundaries": [[0.0, 1.5, 3.0]],
    "fft_length": [8], "frame_step": [2], "frame_length": [8], "sequence_length": [16], "sequence_stride": [4], "sampling_rate": [8000],
    "min_freq": [10.0], "max_freq": [2000.0], "num_mel_bins": [10], "order": ["fro", 1], "attention_axes": [(1,)], "use_gate": [True],
    "score_mode": ["concat"], "weights": [], "quantization_config": [], "shared_object_id": [], "fn": [], "function": [],
    "salt": [133137], "sparse": [], "ragged": [], "activity_regularizer": ["l2"], "soft_cap": [5.0], "logit_soft_cap": [3.0],
    "reverse_dtype": ["float32"], "lora_rank": [], "lora_alpha": [], "standardize": [None, "strip_punctuation"], "split": ["character", None],
    "ngrams": [2], "output_sequence_length": [5], "pad_to_max_tokens": [True], "max_tokens": [9], "encoding": [], "invert": [True],
    "oov_token": ["[OTHER]"], "num_oov_indices": [2], "mask_token": ["[MASK]"], "bounding_box_format": ["xyxy"], "tie_weights": [False],
    "crop_to_aspect_ratio": [True], "antialias": [True], "pad_to_aspect_ratio": [True], "exclude_layers": [["head"]], "exclude_embeddings": [False],
    "learning_rate_power": [-0.3], "epsilon": [1e-4], "amsgrad": [True], "momentum": [0.3], "name": ["mine"], "output_shape": [],
}
OBJECTS = {"initializer": ["he_normal", lambda: keras.initializers.RandomUniform(-0.1, 0.2, seed=3)],
           "regularizer": [lambda: keras.regularizers.L1L2(0.1, 0.2), lambda: keras.regularizers.OrthogonalRegularizer(0.02)],
           "constraint": [lambda: keras.constraints.MaxNorm(1.5), "unit_norm"]}

# What single classes need besides.
ALSO = {"CategoryEncoding": {"num_tokens": 4}, "Discretization": {"bin_boundaries": [0.0, 1.5, 3.0]}, "InputLayer": {"shape": (3,)},
        "Bidirectional": {"layer": lambda: keras.layers.LSTM(3)}, "RandomPosterization": {"factor": 4}}

# Classes that are no objects of their own, run Python or another library, or are given names only.
BASES = {"Layer", "Loss", "Metric", "Optimizer", "Initializer", "Regularizer", "Constraint", "LearningRateSchedule", "InputSpec", "Wrapper",
         "MeanMetricWrapper", "OptimizerMap"}
IMAGES = "AutoContrast|CenterCrop|ContrastLimitedAdaptiveHistogramEqualization|Equalization|Random[A-Za-z]+|Resizing|Solarization"
# What is refused, or read as something else, by regular expressions of labels, with the reason.
REFUSED = {
    r"layers\.(Lambda|TFSMLayer|JaxLayer|FlaxLayer|TorchModuleWrapper)": "run Python or another library",
    r"layers\.(TextVectorization|StringLookup)(\(.*\))?": "of texts: read with the model that begins with them, see text_models.py",
    r"layers\.IntegerLookup(\(.*\))?": "without a vocabulary it computes nothing",
    rf"layers\.({IMAGES})\(bounding_box_format=.*\)": "layers here take images alone, without boxes",
    r".*\(data_format=channels_first\)": "for layers whose channels lie last here",
    r"metrics\..*\(dtype=.*\)": "metrics are computed in float32 and add up in float64",
    r"layers\.(\w*Conv\w*|(Average|Max)Pooling[123]D)\(padding=[^a-z]*\)": "numbers of places for paddings are not known",
    r"layers\.Resizing\(fill_mode=.*\)": "borders are filled with a number alone",
    r"layers\.HashedCrossing\(dtype=.*\)": "numbers of bins are integers",
    r"layers\.InputLayer\(optional=True\)": "each input is given",
    r"layers\.(TimeDistributed|Bidirectional|SpectralNormalization|RNN|StackedRNNCells)\(trainable=.*\)": "what is inside gets the state of what is around",
    r"layers\.(StackedRNNCells|TimeDistributed)\(dtype=.*\)": "what is inside has the dtype of what is around",
    r"layers\.(ELU|Identity)\(autocast=False\)": "inputs are always cast to the layer's dtype",
    r"initializers\.(RandomNormal|TruncatedNormal)\(mean=\[.*\]\)": "a mean is one number",
}


def value_of(x):
    return x() if callable(x) and not inspect.isclass(x) else x


def others(name, default):
    """Values for an argument that are not its default."""
    for ending, values in OBJECTS.items():
        if name.endswith(ending) and name not in OTHERS:
            return values
    if name in OTHERS:
        return [v for v in OTHERS[name] if callable(v) or v != default]
    if isinstance(default, bool):
        return [not default]
    if isinstance(default, int):
        return [default + 1]
    if isinstance(default, float):
        return [default * 0.5 + 0.05]
    return []


def made(cls, arguments):
    """What Keras writes of the object, or None where it refuses the arguments."""
    try:
        instance = cls(**{name: value_of(value) for name, value in arguments.items()})
        return json.loads(json.dumps(keras.saving.serialize_keras_object(instance)))
    except Exception:  # noqa: BLE001: what Keras refuses is nobody's case
        return None


def signature(cls):
    """(name, default) of each argument, those of base classes that are taken as **kwargs included."""
    found = {}
    for base in cls.__mro__:
        if "__init__" not in vars(base) or base is object:
            continue
        parameters = inspect.signature(base.__init__).parameters
        for name, parameter in parameters.items():
            if name != "self" and parameter.kind not in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
                found.setdefault(name, parameter.default)
        if not any(p.kind == p.VAR_KEYWORD for p in parameters.values()):
            break
    return found


def cases():
    """(label, kind, object)."""
    for kind in KINDS:
        module = keras
        for part in kind.split("."):
            module = getattr(module, part)
        seen = set()
        for name in sorted(dir(module)):
            cls = getattr(module, name)
            if not inspect.isclass(cls) or cls in seen or name in BASES:
                continue
            seen.add(cls)
            label, parameters = f"{kind}.{cls.__name__}", signature(cls)
            own = inspect.signature(cls.__init__).parameters
            plain = {n: REQUIRED[n] for n, p in own.items() if p.default is inspect.Parameter.empty and n in REQUIRED}
            plain.update(ALSO.get(name, {}))
            if kind == "layers" and "seed" in parameters:
                plain["seed"] = 3
            base = made(cls, plain)
            if base is None:
                yield label, kind, None
                continue
            yield label, kind, base
            for argument, default in parameters.items():
                for value in others(argument, default):
                    if (written := made(cls, {**plain, argument: value})) is not None:
                        yield f"{label}({argument}={value if not callable(value) else '...'})", kind, written


# Names of one class.
SAME = {"OrthogonalInitializer": "Orthogonal"}


def differs(mine, keras_own, usual, path=""):
    """Where what Lamina writes says something else than what it read. Members that are absent on one side may be null on the other,
    or say what `usual`, the class without other arguments, does; of one axis a list is made."""
    if isinstance(mine, dict) and mine.get("class_name") == "DTypePolicy" and isinstance(keras_own, str):
        mine = mine["config"]["name"]
    if isinstance(mine, dict) and isinstance(keras_own, dict):
        usual = usual if isinstance(usual, dict) else {}
        for key in sorted(set(mine) | set(keras_own)):
            if key in ("shared_object_id", "build_config", "registered_name", "module") or (key not in mine and keras_own.get(key) == usual.get(key)):
                continue
            if key == "trainable" and not path:
                continue  # of layers without weights it says nothing
            if where := differs(mine.get(key), keras_own.get(key), usual.get(key), f"{path}.{key}"):
                return where
        return ""
    if isinstance(mine, list) and len(mine) == 1 and isinstance(keras_own, int):
        mine = mine[0]
    if isinstance(mine, (list, tuple)) and isinstance(keras_own, (list, tuple)) and len(mine) == len(keras_own):
        usual = usual if isinstance(usual, list) and len(usual) == len(mine) else [None] * len(mine)
        return next((where for i, three in enumerate(zip(mine, keras_own, usual)) if (where := differs(*three, f"{path}[{i}]"))), "")
    if isinstance(mine, (int, float)) and isinstance(keras_own, (int, float)) and not isinstance(mine, bool):
        return "" if abs(mine - keras_own) <= 1e-6 * abs(keras_own) else f"{path}: {mine} for {keras_own}"
    if isinstance(mine, str):
        mine = SAME.get(mine, mine)
    return "" if mine == keras_own else f"{path}: {json.dumps(mine)[:80]} for {json.dumps(keras_own)[:80]}"


def compare(all_cases, results):
    """(passed, failed)."""
    passed = failed = 0
    usual, used = {}, set()
    results = iter(results)
    for label, _, written in all_cases:
        reasons = {pattern for pattern in REFUSED if re.fullmatch(pattern, label)}
        if written is None:
            wrong = "no case of it could be made"
        else:
            usual.setdefault(label.split("(")[0], written["config"])
            result = next(results)
            wrong = result.get("error") or differs(result["object"]["config"], written["config"], usual[label.split("(")[0]])
        if wrong:
            used |= reasons
        if bool(wrong) <= bool(reasons):  # some layers of a pattern may know the argument
            passed += 1
        else:
            failed += 1
            print(f"FAILED: {label}: {wrong}"[:400])
    for pattern in REFUSED.keys() - used:
        failed += 1
        print(f"FAILED: nothing is refused any more of {pattern}")
    return passed, failed


def run(binaries, folder):
    """(passed, failed)."""
    all_cases = list(cases())
    asked = [case for case in all_cases if case[2] is not None]
    job, out = folder / "configs.json", folder / "configs.out.json"
    job.write_text(json.dumps([{"kind": kind, "object": written} for _, kind, written in asked]))
    subprocess.run([binaries / "lamina_conformance", "configs", job, out], check=True)
    passed, failed = compare(all_cases, json.loads(out.read_text()))
    return passed, failed + (passed == 0)


if __name__ == "__main__":
    import sys
    print(run(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])))
