"""TFLite models of the audio operators of tflite-micro, and what its interpreter gives.

    python tflite_signals.py OUT_FOLDER       tflite_KIND.tflite and tflite_KIND.npz, for KIND in
                                              signals_speech, signals_transforms, signals_frames

Needs tflite_micro alone. speech: from samples to the features that keyword spotters take. transforms: Fourier transforms of
16 and 32 bits and of floats, of lengths with the radices 2, 3, 4 and 5, and back. frames: what cuts and joins streams.
"""
import os
import sys

import flatbuffers
import numpy as np
from flatbuffers import flexbuffers
from tflite_micro.python.tflite_micro import runtime
from tflite_micro.tensorflow.lite.micro.python import schema_py_generated as schema

TYPES = {np.dtype(np.float32): schema.TensorType.FLOAT32, np.dtype(np.int16): schema.TensorType.INT16, np.dtype(np.int32): schema.TensorType.INT32,
         np.dtype(np.uint32): schema.TensorType.UINT32, np.dtype(np.uint64): schema.TensorType.UINT64, np.dtype(bool): schema.TensorType.BOOL}


class Network:
    """A graph to which operators are added one by one."""

    def __init__(self):
        self.model = schema.ModelT()
        self.model.version, self.model.operatorCodes, self.model.buffers = 3, [], [schema.BufferT()]
        self.graph = schema.SubGraphT()
        self.graph.tensors, self.graph.operators, self.graph.inputs, self.graph.outputs = [], [], [], []
        self.model.subgraphs, self.given = [self.graph], []

    def tensor(self, shape, dtype, data=None):
        tensor = schema.TensorT()
        tensor.name, tensor.shape, tensor.type = f"t{len(self.graph.tensors)}", list(shape), TYPES[np.dtype(dtype)]
        if data is not None:
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(np.ascontiguousarray(data).tobytes(), np.uint8)
            tensor.buffer = len(self.model.buffers)
            self.model.buffers.append(buffer)
        self.graph.tensors.append(tensor)
        return len(self.graph.tensors) - 1

    def input(self, value):
        self.given.append(value)
        self.graph.inputs.append(self.tensor(value.shape, value.dtype))
        return self.graph.inputs[-1]

    def constant(self, value):
        return self.tensor(value.shape, value.dtype, value)

    def add(self, name, inputs, outputs, **options):
        """An operator of tflite-micro's, or CAST; outputs are (shape, dtype)."""
        code, op = schema.OperatorCodeT(), schema.OperatorT()
        code.version = 1
        if name == "CAST":
            code.deprecatedBuiltinCode = code.builtinCode = schema.BuiltinOperator.CAST
        else:
            code.deprecatedBuiltinCode = code.builtinCode = schema.BuiltinOperator.CUSTOM
            code.customCode = name
            op.customOptions = np.frombuffer(flexbuffers.Dumps(options), np.uint8)
        op.opcodeIndex = len(self.model.operatorCodes)
        self.model.operatorCodes.append(code)
        op.inputs, op.outputs = list(inputs), [self.tensor(*output) for output in outputs]
        self.graph.operators.append(op)
        return op.outputs

    def write(self, folder, kind):
        builder = flatbuffers.Builder(1024)
        builder.Finish(self.model.Pack(builder), b"TFL3")
        content = bytes(builder.Output())
        path = os.path.join(folder, f"tflite_{kind}")
        with open(path + ".tflite", "wb") as file:
            file.write(content)
        runner = runtime.Interpreter.from_bytes(content, arena_size=1 << 20)
        for place, value in enumerate(self.given):
            runner.set_input(value, place)
        runner.invoke()
        arrays = {f"input_{place}": value for place, value in enumerate(self.given)}
        arrays |= {f"output_{place}": np.array(runner.get_output(place)) for place in range(len(self.graph.outputs))}
        np.savez(path + ".npz", **arrays)


def speech(rng):
    network, bands = Network(), 12
    time = np.arange(400)
    samples = (9000 * np.sin(time * 0.31) + 5000 * np.sin(time * 1.1) + rng.normal(0, 600, 400)).astype(np.int16)
    window = (4096 * np.hanning(400)).astype(np.int16)
    x, = network.add("SignalWindow", [network.input(samples), network.constant(window)], [((400,), np.int16)], shift=12)
    x, bits = network.add("SignalFftAutoScale", [x], [((400,), np.int16), ((), np.int32)])
    x, = network.add("SignalRfft", [x], [((514,), np.int16)], T=schema.TensorType.INT16, fft_length=512)
    x, = network.add("SignalEnergy", [x], [((257,), np.uint32)], start_index=4, end_index=240)
    widths = rng.integers(4, 18, bands + 1).astype(np.int16)
    starts = (np.cumsum(widths) - widths).astype(np.int16)
    weights = rng.integers(0, 4097, int(widths.sum())).astype(np.int16)
    tables = [network.constant(table) for table in (weights, (4096 - weights).astype(np.int16), (starts + 4).astype(np.int16), starts, widths)]
    x, = network.add("SignalFilterBank", [x] + tables, [((bands,), np.uint64)], num_channels=bands)
    roots, = network.add("SignalFilterBankSquareRoot", [x, bits], [((bands,), np.uint32)])
    ends = [network.add("CAST", [roots], [((bands,), np.int32)])[0]]
    for clamping in (False, True):
        left, noise = network.add("SignalFilterBankSpectralSubtraction", [roots], [((bands,), np.uint32), ((bands,), np.uint32)], smoothing=409,
                                  one_minus_smoothing=15975, alternate_smoothing=983, alternate_one_minus_smoothing=15401, smoothing_bits=10,
                                  min_signal_remaining=819, clamping=clamping, num_channels=bands, spectral_subtraction_bits=14)
        ends += [network.add("CAST", [each], [((bands,), np.int32)])[0] for each in (left, noise)]
    table = np.sort(rng.integers(10, 32000, 125))[::-1].astype(np.int16)
    gained, = network.add("SignalPCAN", [left, noise, network.constant(table)], [((bands,), np.uint32)], snr_shift=6)
    ends += network.add("CAST", [gained], [((bands,), np.int32)])
    for value in (roots, gained):
        ends += network.add("SignalFilterBankLog", [value], [((bands,), np.int16)], input_correction_bits=3, output_scale=64)
    network.graph.outputs = ends + [bits]
    return network


def transforms(rng):
    network, ends = Network(), []
    for rows, extent, length, dtype in ((2, 50, 60, np.int16), (1, 64, 64, np.int16), (1, 86, 90, np.int16), (2, 16, 16, np.int32), (1, 150, 150, np.int32),
                                        (1, 28, 32, np.float32)):
        if dtype == np.float32:
            value = rng.standard_normal((rows, extent)).astype(dtype)
        else:
            most = np.iinfo(dtype).max
            value = rng.integers(-most, most, (rows, extent)).astype(dtype)
        y, = network.add("SignalRfft", [network.input(value)], [((rows, length + 2), dtype)], T=TYPES[np.dtype(dtype)], fft_length=length)
        z, = network.add("SignalIrfft", [y], [((rows, length), dtype)], T=TYPES[np.dtype(dtype)], fft_length=length)
        ends += [y, z]
    network.graph.outputs = ends
    return network


def frames(rng):
    network, ends = Network(), []
    samples = network.input(rng.integers(-30000, 30000, (2, 12)).astype(np.int16))
    for prefill in (True, False):
        ends += network.add("SignalFramer", [samples], [((2, 3, 6), np.int16), ((), bool)], frame_size=6, frame_step=4, prefill=prefill)[:1 if prefill else 0]
    ends += network.add("SignalDelay", [samples], [((2, 12), np.int16)], delay_length=5)
    row = network.input(rng.integers(-30000, 30000, (7,)).astype(np.int16))
    ends += network.add("SignalStacker", [row], [((21,), np.int16), ((), bool)], num_channels=7, stacker_left_context=2, stacker_right_context=0, stacker_step=3)
    for dtype in (np.int16, np.float32):
        value = rng.integers(-30000, 30000, (2, 4, 6)) if dtype == np.int16 else rng.standard_normal((2, 4, 6))
        ends += network.add("SignalOverlapAdd", [network.input(value.astype(dtype))], [((2, 16), dtype)], T=TYPES[np.dtype(dtype)], frame_step=4)
    network.graph.outputs = ends
    return network


for number, (name, made) in enumerate((("signals_speech", speech), ("signals_transforms", transforms), ("signals_frames", frames))):
    made(np.random.default_rng(20 + number)).write(sys.argv[1], name)
