"""HDF5 files in the layouts that h5py can write, with arrays in all kinds of storage: formats/hdf5_layouts.npz.

Entries: names (JSON), and for each name <name>_file (its bytes); the arrays that each of them holds are array_<path>, with
"/" as ".", but <name>_array_<path> where what is stored is less exact.
"""
import io

import h5py
from common import np, rng, save


def arrays():
    generator = rng("hdf5")
    return {
        "layers/dense/vars/0": generator.normal(size=(7, 5)).astype(np.float32),
        "layers/dense/vars/1": np.arange(5, dtype=np.float32),
        "layers/conv/vars/0": np.round(generator.normal(size=(3, 3, 10, 21)), 2).astype(np.float32),
        "layers/conv/vars/1": generator.integers(-9, 9, (1000,)).astype(np.int64),
        "optimizer/vars/0": np.int64(42),
        "mixed/half": generator.normal(size=(4, 3)).astype(np.float16),
        "mixed/double": generator.normal(size=(6,)).astype(">f8"),
        "mixed/bytes": generator.integers(0, 256, (3, 70)).astype(np.uint8),
        "mixed/flags": generator.integers(0, 2, (11,)).astype(bool),
    }


# name -> (options of the file, options of each dataset with axes)
FILES = {
    "earliest": ({}, {}),
    "earliest_chunks": ({}, {"chunks": True}),
    "earliest_gzip": ({}, {"compression": "gzip"}),
    "earliest_gzip_shuffle": ({}, {"compression": "gzip", "compression_opts": 9, "shuffle": True}),
    "earliest_gzip_shuffle_fletcher32": ({}, {"compression": "gzip", "shuffle": True, "fletcher32": True}),
    "earliest_lzf": ({}, {"compression": "lzf"}),
    "earliest_lzf_shuffle": ({}, {"compression": "lzf", "shuffle": True}),
    "earliest_fletcher32": ({}, {"fletcher32": True}),
    "earliest_small_chunks": ({}, {"small": True, "compression": "gzip"}),
    "earliest_unlimited": ({}, {"small": True, "unlimited": True}),
    "v108": ({"libver": ("v108", "v108")}, {"compression": "gzip"}),
    "v110": ({"libver": ("v110", "v110")}, {"small": True, "shuffle": True}),
    "latest": ({"libver": "latest"}, {}),
    "latest_chunks": ({"libver": "latest"}, {"chunks": True}),
    "latest_small_chunks": ({"libver": "latest"}, {"small": True}),
    "latest_gzip": ({"libver": "latest"}, {"compression": "gzip"}),
    "latest_gzip_shuffle_fletcher32": ({"libver": "latest"}, {"small": True, "compression": "gzip", "shuffle": True, "fletcher32": True}),
    "latest_lzf": ({"libver": "latest"}, {"small": True, "compression": "lzf"}),
    "latest_unlimited": ({"libver": "latest"}, {"small": True, "unlimited": "first"}),
    "latest_unlimited_gzip": ({"libver": "latest"}, {"small": True, "unlimited": "first", "compression": "gzip"}),
    "latest_unlimited_last": ({"libver": "latest"}, {"small": True, "unlimited": "last"}),
    "latest_unlimited_all": ({"libver": "latest"}, {"small": True, "unlimited": True, "compression": "gzip"}),
    "latest_ordered": ({"libver": "latest", "track_order": True}, {}),
    "latest_many": ({"libver": "latest"}, {"many": 300}),
    "user_block_512": ({"userblock_size": 512}, {"chunks": True}),
    "user_block_1024": ({"userblock_size": 1024}, {"compression": "gzip"}),
    "user_block_latest": ({"libver": "latest", "userblock_size": 2048}, {"small": True, "fletcher32": True}),
    "scaleoffset": ({}, {"scaleoffset": True}),
    "scaleoffset_latest": ({"libver": "latest"}, {"scaleoffset": True, "compression": "gzip", "shuffle": True, "small": True}),
    "nbit": ({}, {"nbit": True}),
}


def dataset(group, path, value, options):
    options = dict(options)
    scales, nbit = options.pop("scaleoffset", False), options.pop("nbit", False)
    if scales and value.dtype.kind in "iuf" and value.dtype.itemsize >= 4:
        options["scaleoffset"] = 2 if value.dtype.kind == "f" else 0
    if nbit:
        creation = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        creation.set_chunk(tuple(max(n, 1) for n in value.shape) or (1,))
        creation.set_filter(h5py.h5z.FILTER_NBIT, h5py.h5z.FLAG_OPTIONAL)
    small, unlimited = options.pop("small", False), options.pop("unlimited", False)
    if value.ndim == 0:
        return group.create_dataset(path, data=value)
    if nbit:
        group.require_group(path.rpartition("/")[0])
        kind = h5py.h5t.py_create(value.dtype, logical=True)
        made = h5py.h5d.create(group.id, path.encode(), kind, h5py.h5s.create_simple(value.shape), creation)
        made.write(h5py.h5s.ALL, h5py.h5s.ALL, np.ascontiguousarray(value))
        return h5py.Dataset(made)
    if small:
        options["chunks"] = tuple(min(n, 2 if value.ndim > 1 else 1) for n in value.shape)
    if unlimited:
        free = [unlimited is True or i == (0 if unlimited == "first" else value.ndim - 1) for i in range(value.ndim)]
        options["maxshape"] = tuple(None if f else n for f, n in zip(free, value.shape))
    return group.create_dataset(path, data=value, **options)


def file_of(how, options):
    options = dict(options)
    many = options.pop("many", 0)
    out = io.BytesIO()
    with h5py.File(out, "w", **how) as file:
        for path, value in arrays().items():
            made = dataset(file, path, np.asarray(value), options)
            made.attrs["note"] = "an attribute"
        for i in range(many):
            file.create_group(f"layers/layer_with_a_long_name_{i}").attrs["name"] = f"l{i}"
            file["mixed"].attrs[f"attribute_{i}"] = i
    return out.getvalue()


def main():
    entries = {f"{name}_file": np.frombuffer(file_of(*how), np.uint8) for name, how in FILES.items()}
    for path, value in arrays().items():
        value = np.asarray(value)
        value = value.astype(value.dtype.newbyteorder("="))
        entries["array_" + path.replace("/", ".")] = value
        for name in FILES:
            with h5py.File(io.BytesIO(entries[name + "_file"].tobytes())) as file:
                stored = file[path][()]
            if not np.array_equal(stored, value):
                entries[name + "_array_" + path.replace("/", ".")] = stored.astype(value.dtype)
    save("formats/hdf5_layouts", names=list(FILES), **entries)


if __name__ == "__main__":
    main()
