"""Golden files for lamina/formats/gguf: what the package gguf of llama.cpp's authors writes and unpacks.

usage: python gguf_files.py   (needs: pip install gguf)

Writes tests/golden/formats/gguf.gguf, small tensors of every type that is read, and gguf.npz, the elements that the package's own
`quants` gives for each, under the same names. Blocks hold random bits with scales that are numbers; those that the package can pack are
also there as "packed_NAME": the bytes of its `quantize` for "plain" and "wide". Version 0.19 of the package, NumPy's seed 7.
"""
import pathlib

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Type
from gguf import quants

OUT = pathlib.Path(__file__).resolve().parents[2] / "tests" / "golden" / "formats"
BLOCKS = ["Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "IQ4_NL", "IQ4_XS", "IQ1_S", "IQ1_M", "IQ2_XXS",
          "IQ2_XS", "IQ2_S", "IQ3_XXS", "IQ3_S", "TQ1_0", "TQ2_0", "MXFP4", "NVFP4"]
PACKED = ["Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "MXFP4"]
PACKED_256 = ["TQ1_0", "TQ2_0"]
# Where the scales of 16 bits stand in a block.
SCALES = {"Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0], "Q2_K": [80, 82], "Q3_K": [108], "Q4_K": [0, 2],
          "Q5_K": [0, 2], "Q6_K": [208], "IQ4_NL": [0], "IQ4_XS": [0], "IQ1_S": [0], "IQ1_M": [],
          "IQ2_XXS": [0], "IQ2_XS": [0], "IQ2_S": [0], "IQ3_XXS": [0], "IQ3_S": [0], "TQ1_0": [52], "TQ2_0": [64], "MXFP4": [], "NVFP4": []}


def random_blocks(random, name, rows):
    elements, size = gguf.GGML_QUANT_SIZES[Type[name]]
    blocks = random.integers(0, 256, (rows, size), np.uint8)
    if name == "MXFP4":  # exponents, with the two that are below what a float writes with a one in front
        blocks[:, 0] = np.array([120, 0, 1], np.uint8)
    if name == "NVFP4":  # with what stands for 0
        blocks[0, :4] = [0, 0x7F, 0x80, 5]
    if name == "IQ1_M":  # the scale of 16 bits, four bits each in the last of eight bytes
        scale = random.uniform(-0.5, 0.5, (rows, 1)).astype(np.float16).view(np.uint16)
        blocks[:, 49::2] = blocks[:, 49::2] & 15 | ((scale >> (4 * np.arange(4))) & 15) << 4
    for at in SCALES[name]:
        blocks[:, at:at + 2] = random.uniform(-0.5, 0.5, (rows, 1)).astype(np.float16).view(np.uint8)
    return blocks


def main():
    random = np.random.default_rng(7)
    writer = gguf.GGUFWriter(OUT / "gguf.gguf", "small")
    arrays = {}
    writer.add_string("small.text", "größer")
    writer.add_bool("small.yes", True)
    writer.add_uint8("small.u8", 200)
    writer.add_int8("small.i8", -3)
    writer.add_uint16("small.u16", 60000)
    writer.add_int16("small.i16", -300)
    writer.add_uint32("small.u32", 4000000000)
    writer.add_int32("small.i32", -70000)
    writer.add_uint64("small.u64", 1 << 40)
    writer.add_int64("small.i64", -(1 << 40))
    writer.add_float32("small.f32", 0.5)
    writer.add_float64("small.f64", 0.1)
    writer.add_array("small.words", ["a", "bc", ""])
    writer.add_array("small.numbers", [1, 2, 3])
    counting = np.arange(6).reshape(2, 3)
    for name in ["float32", "float16", "float64", "int8", "int16", "int32", "int64"]:
        arrays[name] = counting.astype(name)
        writer.add_tensor(name, arrays[name])
    for name in BLOCKS:
        blocks = random_blocks(random, name, 3)
        arrays[name] = quants.dequantize(blocks, Type[name])
        writer.add_tensor(name, blocks, raw_dtype=Type[name])
    plain = random.normal(0, 1, (4, 64)).astype(np.float32)
    plain[3, :32] = 0
    arrays["plain"] = plain
    for name in PACKED:
        arrays["packed_" + name] = quants.quantize(plain, Type[name])
    wide = random.normal(0, 1, (3, 256)).astype(np.float32)
    wide[2] = 0
    arrays["wide"] = wide
    for name in PACKED_256:
        arrays["packed_" + name] = quants.quantize(wide, Type[name])
    halves = quants.quantize(plain[:2, :5], Type.BF16)
    arrays["bfloat16"] = quants.dequantize(halves, Type.BF16)
    writer.add_tensor("bfloat16", halves, raw_dtype=Type.BF16)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    np.savez(OUT / "gguf.npz", **arrays)


main()
