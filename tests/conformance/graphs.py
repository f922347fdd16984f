"""Random functional graphs, built and trained by Keras and by Lamina side by side.

The seed of the run decides all options of the graphs (families.py). Keras saves each model after a step; Lamina loads it,
predicts, takes the same training steps as Keras and saves; Keras loads that file, finds the same weights, optimizer state
and configuration, and goes on training. The same model goes through .h5 as well, both ways: Keras reads no optimizer state
from that format, its own files included, so what Lamina wrote of it is read with h5py.
"""
import pathlib
import traceback

from common import keras, normal, np, stable, tf
from families import FAMILIES, Choices
from files import Lamina, close, h5_state, same_state, train, without_nulls

COUNT = 60
STEPS = 10
FURTHER_STEPS = 3
# Ten steps amplify what float32 rounds, most where Adam divides a gradient near zero by its size.
TOLERANCE = 3e-4
LEFT_OUT = ["training", "mask", "query_mask", "value_mask", "key_mask"]
MASK_OPERATIONS = ["NotEqual", "LogicalOr", "Any"]


def shake(model, generator):
    """Moves every weight away from its first value: zeros and ones hide mistakes."""
    values = []
    for weight in model.weights:
        value = weight.numpy()
        if value.dtype == np.float32:
            value = value + normal(generator, value.shape, 0.1)
            value = np.abs(value) + 0.1 if weight.name in ("gamma", "moving_variance") else value
        values.append(value)
    model.set_weights(values)


def by_key(prefix, tensors):
    """The arrays under the names that the driver looks for."""
    if isinstance(tensors, dict):
        return {f"{prefix}:{name}": value for name, value in tensors.items()}
    if isinstance(tensors, list):
        return {f"{prefix}{i}": value for i, value in enumerate(tensors)}
    return {prefix: tensors}


def outputs_of(model, x):
    """All outputs, in the order of the model's outputs."""
    return [np.asarray(value) for value in tf.nest.flatten(model(x, training=False))]


def plain(config):
    """`config` without what can be written in several ways that mean the same: whether a recorded call trains (each call
    of the model decides that), masks among the arguments of a call (they travel beside tensors as well), one state alone
    or in a list, the value of a padding by position or by keyword, and how a layer with states was built."""
    if isinstance(config, dict):
        config = {key: plain(value) for key, value in config.items() if key not in LEFT_OUT}
        if "layers" in config:
            config["layers"] = [layer for layer in config["layers"] if layer["class_name"] not in MASK_OPERATIONS]
        if "constant_values" in config.get("kwargs", {}):
            config["args"].append(config["kwargs"].pop("constant_values"))
        state = config.get("initial_state")
        if isinstance(state, list) and len(state) == 1:
            config["initial_state"] = state[0]
        if "initial_state_shape" in config.get("build_config", {}).get("shapes_dict", {}):
            config["build_config"] = {"input_shape": config["build_config"]["shapes_dict"]["sequences_shape"]}
        return config
    return [plain(value) for value in config] if isinstance(config, (list, tuple)) else config


def prepared(model):
    """The model, run eagerly, since tracing takes longer than these few steps; and with an optimizer that sees the
    gradient of an Embedding as one tensor. TensorFlow hands it over as slices, one for each id of the batch, and Keras
    squares the slices of an id that comes twice before it adds them: Adam's second moment is then another than with
    Keras on JAX or PyTorch, and than Lamina's."""
    apply = model.optimizer.apply
    model.optimizer.apply = lambda gradients, *args: apply([tf.convert_to_tensor(g) for g in gradients], *args)
    model.run_eagerly = True
    return model


class Graph:
    def __init__(self, folder, number):
        family = FAMILIES[number % len(FAMILIES)]
        self.name = f"{family.__name__}_{number // len(FAMILIES)}"
        self.file, self.trained_file = folder / f"{self.name}.keras", folder / f"{self.name}.trained.keras"
        self.h5, self.trained_h5 = self.file.with_suffix(".h5"), self.trained_file.with_suffix(".h5")
        keras.utils.clear_session()
        choices = Choices(f"graph {self.name}")
        keras.utils.set_random_seed(int(choices.generator.integers(2**31)))
        self.model, self.x, self.y = family(choices)
        shake(self.model, choices.generator)
        prepared(self.model)
        train(self.model, (self.x, self.y), 1)  # gives the optimizer's state values
        self.model.save(self.file)
        self.model.save(self.h5)  # after the other: writing .h5 makes Keras forget how the model was compiled
        self.model = prepared(keras.models.load_model(self.file))  # paths of weights are as they are in the file
        np.savez(folder / f"{self.name}.npz", **by_key("x", self.x), **by_key("y", self.y))
        self.before = outputs_of(self.model, self.x)
        self.losses = train(self.model, (self.x, self.y), STEPS)
        self.after = outputs_of(self.model, self.x)

    def numbers(self, trained):
        """What Lamina predicted and lost, all of it as it should be, or an AssertionError at the first difference."""
        error = pathlib.Path(f"{trained}.error")
        assert not error.exists(), error.read_text()
        got = np.load(f"{trained}.npz")
        for i, expected in enumerate(self.before):
            close(got[f"before{i}"], expected, f"prediction {i}", 2e-5)
        close(got["losses"], self.losses, "losses", TOLERANCE)
        for i, expected in enumerate(self.after):
            close(got[f"predictions{i}"], expected, f"prediction {i} after training", TOLERANCE)
        return got

    def keras_reads_own_h5(self):
        """Whether Keras makes of the .h5 file that it wrote the model that it wrote."""
        try:
            model = keras.models.load_model(self.h5, compile=False)
            for output, expected in zip(outputs_of(model, self.x), self.before, strict=True):
                close(output, expected, "prediction", 2e-5)
            return True
        except Exception:  # noqa: BLE001: it raises whatever comes first
            return False

    def check_h5(self):
        """The same of .h5. Comes before check(), which goes on training. Of Lamina's file Keras is asked only where it
        reads its own: it cannot where a graph has operations, tensors among the keywords of a call, or numbers in place of
        tensors, and some layers never."""
        got = self.numbers(self.trained_h5)
        if not self.keras_reads_own_h5():
            return
        theirs = keras.models.load_model(self.trained_h5, compile=False)
        for mine, other in zip(theirs.weights, self.model.weights, strict=True):
            close(mine.numpy(), other.numpy(), mine.path, TOLERANCE, floor=1e-7)
        for mine, other in zip(h5_state(self.trained_h5), self.model.optimizer.variables, strict=True):
            close(mine, other.numpy(), other.path, TOLERANCE, floor=1e-7)
        for i, output in enumerate(outputs_of(theirs, self.x)):
            close(output, got[f"predictions{i}"], f"prediction {i} of Lamina's file", 2e-5)

    def check(self):
        """Raises an AssertionError at the first difference to what Lamina made of it."""
        got = self.numbers(self.trained_file)
        theirs = prepared(keras.models.load_model(self.trained_file))
        same_state(theirs, self.model, TOLERANCE)
        for i, output in enumerate(outputs_of(theirs, self.x)):
            close(output, got[f"predictions{i}"], f"prediction {i} of Lamina's file", 2e-5)
        assert self.configuration(theirs) == self.configuration(self.model), \
            f"{self.configuration(theirs)}\nexpected {self.configuration(self.model)}"
        batch = self.x, self.y
        close(train(theirs, batch, FURTHER_STEPS), train(self.model, batch, FURTHER_STEPS), "further losses", TOLERANCE)

    @staticmethod
    def configuration(model):
        return plain(without_nulls(stable(keras.saving.serialize_keras_object(model)["config"])))


def run(binaries, work, count=COUNT):
    """(passed, failed)"""
    lamina = Lamina(binaries, work)
    folder = work / "graphs"
    folder.mkdir()
    graphs, failed = [], 0
    for number in range(count):
        graphs.append(Graph(folder, number))
    lamina.drive_graphs(folder, STEPS)
    for graph in graphs:
        for end, check in ((".h5", graph.check_h5), (".keras", graph.check)):
            try:
                check()
            except Exception as error:  # noqa: BLE001: whatever goes wrong is a failed graph
                failed += 1
                print(f"FAILED: graph {graph.name} as {end}: {error or traceback.format_exc()}")
    return 2 * count - failed, failed
