"""Golden files for lamina/formats/npy: what NumPy writes for every element type, order and header version.

Writes tests/golden/formats/npy.npz. Every array counts 0, 1, 2, ... in row-major order, so that the expected
values follow from the shape alone; "raw_" members hold the bytes of one .npy file each.
"""
import io
import pathlib
import zipfile

import ml_dtypes
import numpy as np

OUT = pathlib.Path(__file__).resolve().parents[2] / "tests" / "golden" / "formats"


def raw(array, version=None):
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array, version=version)
    return np.frombuffer(stream.getvalue(), np.uint8)


def main():
    counting = np.arange(6).reshape(2, 3)
    files = {}
    for name in ["bool", "int8", "int16", "int32", "int64", "uint8", "float16", "float32", "float64"]:
        files[f"raw_{name}"] = raw(counting.astype(name))
    files["raw_bfloat16"] = raw(counting.astype(ml_dtypes.bfloat16))
    files["raw_fortran"] = raw(np.asfortranarray(np.arange(24, dtype=np.int32).reshape(2, 3, 4)))
    files["raw_big_endian"] = raw(counting.astype(">f4"))
    files["raw_big_endian_fortran"] = raw(np.asfortranarray(counting.astype(">i8")))
    files["raw_version_2"] = raw(counting.astype(np.float32), (2, 0))
    files["raw_version_3"] = raw(counting.astype(np.float32), (3, 0))
    files["raw_scalar"] = raw(np.array(0.0, np.float64))
    files["raw_vector"] = raw(np.arange(5, dtype=np.float32))
    files["raw_empty"] = raw(np.zeros((0, 4), np.float32))
    files["raw_record"] = raw(np.zeros(2, [("a", "i4"), ("b", "f4")]))
    files["raw_complex"] = raw(np.zeros(2, np.complex64))
    files["raw_text"] = raw(np.array(["ab", "c"]))

    OUT.mkdir(parents=True, exist_ok=True)
    stored, packed = io.BytesIO(), io.BytesIO()
    arrays = {"x": counting.astype(np.float32), "labels": np.arange(5, dtype=np.int64)}
    np.savez(stored, **arrays)
    np.savez_compressed(packed, **arrays)
    files["raw_npz"] = np.frombuffer(stored.getvalue(), np.uint8)
    files["raw_npz_compressed"] = np.frombuffer(packed.getvalue(), np.uint8)
    with zipfile.ZipFile(OUT / "npy.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in files.items():
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), raw(array).tobytes(), zipfile.ZIP_DEFLATED)


if __name__ == "__main__":
    main()
