"""Golden files of com.microsoft's operators: formats/onnx_microsoft/<case>.onnx, a graph of one node, and <case>.npz with
its inputs x_0, x_1, ... and what ONNX Runtime gives for them, y_0, y_1, ...

    build/venv-onnx/bin/python tools/golden/onnx_microsoft.py      # onnx 1.23.2, onnxruntime 1.32.0 last
"""
import pathlib
import zlib

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

FOLDER = pathlib.Path(__file__).parents[2] / "tests/golden/formats/onnx_microsoft"


def normal(g, *shape, scale=1.0):
    return (g.normal(size=shape) * scale).astype(np.float32)


def case(name, op, inputs, outputs, attributes=None, constant=(), domain="com.microsoft"):
    """`inputs`: arrays, None for what is left out; those at `constant` lie in the file."""
    names = ["" if x is None else f"x{i}" for i, x in enumerate(inputs)]
    made = [f"y{i}" if wanted else "" for i, wanted in enumerate(outputs)]
    node = helper.make_node(op, names, made, domain=domain, name=name, **(attributes or {}))
    fed = {n: x for i, (n, x) in enumerate(zip(names, inputs)) if n and i not in constant}
    graph = helper.make_graph(
        [node], name,
        [helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(x.dtype), x.shape) for n, x in fed.items()],
        [helper.make_empty_tensor_value_info(n) for n in made if n],
        [numpy_helper.from_array(inputs[i], names[i]) for i in constant])
    model = helper.make_model(graph, ir_version=8, producer_name="golden",
                              opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)])
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    results = session.run(None, fed)
    # The types that it found, so that the file says them.
    del graph.output[:]
    for n, y in zip([n for n in made if n], results):
        graph.output.append(helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(y.dtype), y.shape))
    del model.graph.output[:]
    model.graph.output.extend(graph.output)
    FOLDER.mkdir(parents=True, exist_ok=True)
    onnx.save(model, FOLDER / f"{name}.onnx")
    np.savez(FOLDER / f"{name}.npz", **{f"x_{i}": x for i, x in enumerate(fed.values())},
             **{f"y_{i}": y for i, y in enumerate(results)})


def rng(name):
    return np.random.default_rng(zlib.crc32(name.encode()))


def products():
    g = rng("products")
    x, w, b = normal(g, 2, 3, 6, 5), normal(g, 4, 3, 3, 3), normal(g, 4)
    for activation, numbers in [("Relu", None), ("LeakyRelu", [0.2]), ("Clip", [-0.5, 0.75]), ("HardSigmoid", [0.3, 0.4]),
                                ("Tanh", None), ("Sigmoid", None)]:
        attributes = {"activation": activation, "pads": [1, 1, 1, 1], "strides": [2, 1]}
        if numbers:
            attributes["activation_params"] = numbers
        case(f"fused_conv_{activation.lower()}", "FusedConv", [x, w, b], [1], attributes, constant=(1, 2))
    case("fused_conv_sum", "FusedConv", [x, w, b, normal(g, 2, 4, 4, 3)], [1], {"activation": "Relu"}, constant=(1, 2))
    case("fused_matmul", "FusedMatMul", [normal(g, 2, 5, 3), normal(g, 2, 4, 5)], [1], {"alpha": 0.5, "transA": 1, "transB": 1})
    case("fused_gemm", "FusedGemm", [normal(g, 3, 5), normal(g, 4, 5), normal(g, 4)], [1],
         {"transB": 1, "alpha": 0.5, "activation": "LeakyRelu", "activation_alpha": 0.1}, constant=(1, 2))


def functions():
    g = rng("functions")
    x, bias = normal(g, 3, 7, scale=2.0), normal(g, 7)
    case("gelu", "Gelu", [x], [1])
    case("bias_gelu", "BiasGelu", [x, bias], [1])
    case("fast_gelu", "FastGelu", [x], [1])
    case("fast_gelu_bias", "FastGelu", [x, bias], [1])
    case("quick_gelu", "QuickGelu", [x], [1], {"alpha": 1.5})


def normalizations():
    g = rng("normalizations")
    x, skip, gamma, beta, bias = normal(g, 2, 3, 8), normal(g, 2, 3, 8), normal(g, 8), normal(g, 8), normal(g, 8)
    case("skip_layer_normalization", "SkipLayerNormalization", [x, skip, gamma, beta, bias], [1, 0, 0, 1], {"epsilon": 1e-3})
    case("skip_layer_normalization_plain", "SkipLayerNormalization", [x, skip, gamma], [1])
    case("skip_simplified_layer_normalization", "SkipSimplifiedLayerNormalization", [x, skip, gamma, bias], [1, 0, 0, 1],
         {"epsilon": 1e-3})
    case("simplified_layer_normalization", "SimplifiedLayerNormalization", [x, gamma], [1], {"epsilon": 1e-3}, domain="")
    ids, segments = g.integers(0, 11, (2, 5)).astype(np.int32), g.integers(0, 2, (2, 5)).astype(np.int32)
    mask = np.array([[1, 1, 1, 1, 1], [1, 1, 0, 0, 0]], np.int32)
    tables = [normal(g, 11, 8), normal(g, 6, 8), normal(g, 2, 8)]
    case("embed_layer_normalization", "EmbedLayerNormalization", [ids, segments, *tables, gamma, beta, mask], [1, 1],
         {"mask_index_type": 1}, constant=(2, 3, 4, 5, 6))
    case("embed_layer_normalization_plain", "EmbedLayerNormalization", [ids, None, *tables[:2], None, gamma, beta], [1, 1, 1])


def attention():
    g = rng("attention")
    x, w, b = normal(g, 2, 5, 6), normal(g, 6, 24, scale=0.5), normal(g, 24)
    heads = {"num_heads": 2}
    case("attention", "Attention", [x, w, b], [1], heads, constant=(1, 2))
    case("attention_lengths", "Attention", [x, w, b, np.array([5, 3], np.int32)], [1], heads, constant=(1, 2))
    case("attention_ends", "Attention", [x, w, b, np.array([5, 4, 0, 1], np.int32)], [1], heads, constant=(1, 2))
    case("attention_raw_mask", "Attention", [x, w, b, np.array([[1, 1, 1, 1, 1], [1, 0, 1, 1, 0]], np.int32)], [1],
         {**heads, "mask_filter_value": -5.0}, constant=(1, 2))
    case("attention_causal_past", "Attention", [x, w, b, None, normal(g, 2, 2, 2, 3, 4)], [1, 1],
         {**heads, "unidirectional": 1}, constant=(1, 2))
    case("attention_bias_scale", "Attention", [x, w, b, None, None, normal(g, 2, 2, 5, 5)], [1], {**heads, "scale": 0.3},
         constant=(1, 2))
    case("attention_sizes", "Attention", [x, normal(g, 6, 20, scale=0.5), normal(g, 20)], [1],
         {**heads, "qkv_hidden_sizes": [8, 8, 4]}, constant=(1, 2))
    q, k, v = normal(g, 2, 4, 8), normal(g, 2, 5, 8), normal(g, 2, 5, 8)
    case("multi_head_attention", "MultiHeadAttention", [q, k, v], [1], heads)
    case("multi_head_attention_bias_mask", "MultiHeadAttention",
         [q, k, v, normal(g, 24), np.array([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]], np.int32)], [1], heads)
    case("multi_head_attention_past", "MultiHeadAttention",
         [q, q * 0.5, q + 1, None, None, None, normal(g, 2, 2, 3, 4), normal(g, 2, 2, 3, 4)], [1, 1, 1], heads)
    case("multi_head_attention_scores", "MultiHeadAttention", [q, k, v, None, None, normal(g, 1, 2, 4, 5)], [1], heads)


def integers():
    g = rng("integers")
    x, w = g.integers(0, 256, (2, 5, 6)).astype(np.uint8), g.integers(-128, 128, (6, 24)).astype(np.int8)
    scale, zero = np.array(0.02, np.float32), np.array(120, np.uint8)
    case("q_attention", "QAttention",
         [x, w, normal(g, 24), scale, np.array(0.004, np.float32), np.array([5, 3], np.int32), zero, np.array(0, np.int8)], [1],
         {"num_heads": 2}, constant=(1, 2, 3, 4, 6, 7))
    a, b = g.integers(0, 256, (3, 6)).astype(np.uint8), g.integers(-128, 128, (6, 4)).astype(np.int8)
    scales = np.array([0.01, 0.02, 0.005, 0.1], np.float32)
    case("matmul_integer_to_float", "MatMulIntegerToFloat",
         [a, b, scale, scales, zero, np.array([0, 3, -2, 1], np.int8), normal(g, 4)], [1], constant=(1, 2, 3, 4, 5, 6))
    case("dynamic_quantize_matmul", "DynamicQuantizeMatMul", [normal(g, 3, 6), b, np.array(0.01, np.float32), np.array(2, np.int8), normal(g, 4)],
         [1], constant=(1, 2, 3, 4))


if __name__ == "__main__":
    for make in (products, functions, normalizations, attention, integers):
        make()
