"""The tables of GGUF's types IQ1, IQ2 and IQ3, as the package gguf of llama.cpp's authors has them, in our form.

usage: python gguf_grids.py   (needs: pip install gguf)

Writes lamina/formats/gguf_grids.cpp. They are part of the format: files hold places in these tables. Version 0.19 of the package.
"""
import pathlib

import numpy as np
from gguf import quants

OUT = pathlib.Path(__file__).resolve().parents[2] / "lamina" / "formats" / "gguf_grids.cpp"
TABLES = {"kGgufGrid2Xxs": ("IQ2_XXS", 2), "kGgufGrid2Xs": ("IQ2_XS", 2), "kGgufGrid2S": ("IQ2_S", 2), "kGgufGrid1": ("IQ1_S", 2),
          "kGgufGrid3Xxs": ("IQ3_XXS", 3), "kGgufGrid3S": ("IQ3_S", 3)}


def entries(name, bits):
    kind = getattr(quants, name)
    kind.init_grid()
    grid = kind.grid.reshape(kind.grid_shape)
    places = np.abs(grid[..., None] - np.array(kind.grid_map, np.float32)).argmin(-1)
    return (places << (bits * np.arange(places.shape[-1]))).sum(-1)


def main():
    lines = ["// Written by tools/golden/gguf_grids.py from the package gguf 0.19.", '#include "lamina/formats/detail/gguf_grids.h"', "",
             "namespace lamina::detail {", "// clang-format off"]
    for table, (name, bits) in TABLES.items():
        numbers = entries(name, bits)
        lines.append(f"const uint16_t {table}[{len(numbers)}] = {{")
        lines += ["  " + ",".join(str(n) for n in numbers[i:i + 24]) + "," for i in range(0, len(numbers), 24)]
        lines.append("};")
    OUT.write_text("\n".join(lines + ["// clang-format on", "}  // namespace lamina::detail", ""]))


main()
