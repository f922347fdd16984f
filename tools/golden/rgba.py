"""Opacity of the image files of load_img.npz, pixels.npz and formats.npz, as Keras has it: image/rgba.npz.

keras.utils.load_img(color_mode="rgba") of every file there. For each of the three: names (JSON), the files whose opacity
is in <set>_alpha (uint8), one after the other in that order; red, green and blue are those of "rgb", which is checked here
for all but <set>_other (JSON). Resized: <name>_<interpolation> of load_img's png_rgba, png_grey_alpha and clear (made here,
<clear>_file), to 5 rows by 7 columns and, by lanczos, 23 by 31.
"""
import io
import struct
import zlib

from common import GOLDEN, np, rng, save
from keras import utils
from PIL import Image


def load(file, **options):
    image = utils.load_img(io.BytesIO(bytes(file)), **options)
    return np.asarray(image)


def names_of(archive):
    import json
    return json.loads(bytes(archive["names"]).decode()) if archive["names"].dtype == np.uint8 else list(archive["names"])


def deep_png(colours, clear):
    """16 bits a channel, grey or colours, of which `clear` is transparent."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    pixels = np.array(colours, ">u2")
    channels = 3 if pixels.ndim == 2 else 1
    header = struct.pack(">IIBBBBB", len(pixels), 1, 16, 2 if channels == 3 else 0, 0, 0, 0)
    return np.frombuffer(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"tRNS", struct.pack(">H", clear) * channels) +
                         chunk(b"IDAT", zlib.compress(b"\0" + pixels.tobytes())) + chunk(b"IEND", b""), np.uint8)


def main():
    arrays = {}
    # Which bytes are compared: of the pixel and of what is clear.
    values = [0, 3, 44, 85, 255, 256, 0x0103, 0x0300, 0x0303, 5461, 65535]
    for kind, colours in (("grey", values), ("colour", [[value] * 3 for value in values])):
        for clear in (3, 255, 256, 300, 0x0300, 0x0303, 5461):
            arrays[f"deep_{kind}_{clear}_file"] = deep_png(colours, clear)
            arrays[f"deep_{kind}_{clear}"] = load(arrays[f"deep_{kind}_{clear}_file"], color_mode="rgba")
    for part in ("load_img", "pixels", "formats"):
        archive = np.load(GOLDEN / f"image/{part}.npz")
        alphas, known, other = [], [], []
        for name in names_of(archive):
            file = archive[f"{name}_file"]
            rgba = load(file, color_mode="rgba")
            assert rgba.ndim == 3 and rgba.shape[2] == 4, (name, rgba.shape)
            if not np.array_equal(rgba[..., :3], load(file)):
                other.append(name)
                continue
            known.append(name)
            alphas.append(rgba[..., 3].ravel())
        arrays[f"{part}_names"], arrays[f"{part}_other"] = known, other
        arrays[f"{part}_alpha"] = np.concatenate(alphas)
        print(part, len(known), "other:", other, "clear:", sum(int((a < 255).any()) for a in alphas))
    archive = np.load(GOLDEN / "image/load_img.npz")
    generator = rng("rgba")
    noise = generator.integers(0, 256, size=(12, 17, 4)).astype(np.uint8)
    noise[3:6, 4:9, 3] = 0
    out = io.BytesIO()
    Image.fromarray(noise, "RGBA").save(out, format="PNG")
    arrays["clear_file"] = np.frombuffer(out.getvalue(), np.uint8)
    for name in ("png_rgba", "png_grey_alpha", "clear"):
        file = arrays["clear_file"] if name == "clear" else archive[f"{name}_file"]
        for method in ("nearest", "bilinear", "bicubic", "box"):
            arrays[f"{name}_{method}"] = load(file, color_mode="rgba", target_size=(5, 7), interpolation=method)
        arrays[f"{name}_lanczos"] = load(file, color_mode="rgba", target_size=(23, 31), interpolation="lanczos")
    save("image/rgba", **arrays)


if __name__ == "__main__":
    main()
