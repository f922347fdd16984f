"""Every kind of PNG and JPEG file, and what Keras makes of it: image/pixels.npz.

PNG files of all colour types and depths, plain, interlaced and with each chunk that could change how samples are read;
JPEG files in four inks. Written by hand where Pillow cannot write them. Entries: names (JSON), and for each name
<name>_file (its bytes), <name>_rgb (uint8) and <name>_grayscale (uint8, int32 for 16-bit greys); refused (JSON): files that Keras does not read, with <name>_file alone.
"""
import io
import struct
import zlib

from common import np, rng, save
from keras import utils
from PIL import Image

HEIGHT, WIDTH = 7, 13
GREY, RGB, PALETTE, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6
DEPTHS = {GREY: (1, 2, 4, 8, 16), RGB: (8, 16), PALETTE: (1, 2, 4, 8), GREY_ALPHA: (8, 16), RGBA: (8, 16)}
CHANNELS = {GREY: 1, RGB: 3, PALETTE: 1, GREY_ALPHA: 2, RGBA: 4}
NAMES = {GREY: "grey", RGB: "rgb", PALETTE: "palette", GREY_ALPHA: "grey_alpha", RGBA: "rgba"}
# Start and step of the rows and columns of the seven passes of an interlaced file.
PASSES = [(0, 8, 0, 8), (0, 8, 4, 8), (4, 8, 0, 4), (0, 4, 2, 4), (2, 4, 0, 2), (0, 2, 1, 2), (1, 2, 0, 1)]


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def packed(samples, depth):
    """Scan lines with filter 0; samples (rows, columns * channels)."""
    lines = b""
    for row in samples:
        if depth == 16:
            line = row.astype(">u2").tobytes()
        else:
            bits = "".join(format(v, f"0{depth}b") for v in row)
            bits += "0" * (-len(bits) % 8)
            line = bytes(int(bits[i:i + 8], 2) for i in range(0, len(bits), 8))
        lines += b"\0" + line
    return lines


def png(samples, kind, depth, chunks=(), interlaced=False, colours=None, late=()):
    """samples (rows, columns, channels). `chunks` stand before the palette, `late` behind it."""
    rows, columns, channels = samples.shape
    header = struct.pack(">IIBBBBB", columns, rows, depth, kind, 0, 0, int(interlaced))
    if interlaced:
        parts = [samples[y::dy, x::dx] for y, dy, x, dx in PASSES]
        lines = b"".join(packed(p.reshape(p.shape[0], -1), depth) for p in parts if p.size)
    else:
        lines = packed(samples.reshape(rows, -1), depth)
    out = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
    out += b"".join(chunk(name, data) for name, data in chunks)
    if colours is not None:
        out += chunk(b"PLTE", colours.astype(np.uint8).tobytes())
    out += b"".join(chunk(name, data) for name, data in late)
    return out + chunk(b"IDAT", zlib.compress(lines, 9)) + chunk(b"IEND", b"")


def transparency(kind, depth, generator):
    if kind == PALETTE:
        return generator.integers(0, 256, min(2 ** depth, 5)).astype(np.uint8).tobytes()
    return struct.pack(">" + "H" * CHANNELS[kind], *([3 % 2 ** depth] * CHANNELS[kind]))


def png_files(generator):
    files = {}
    for kind, depths in DEPTHS.items():
        for depth in depths:
            name = f"png_{NAMES[kind]}_{depth}"
            samples = generator.integers(0, 2 ** depth, (HEIGHT, WIDTH, CHANNELS[kind]))
            samples[0] = np.linspace(0, 2 ** depth - 1, WIDTH).astype(int)[:, None]
            count = 2 ** depth if kind == PALETTE else 0
            colours = generator.integers(0, 256, (count, 3)) if count else None
            variants = {
                "": {},
                "_interlaced": {"interlaced": True},
                "_gamma1": {"chunks": [(b"gAMA", struct.pack(">I", 100000))]},
                "_gamma22": {"chunks": [(b"gAMA", struct.pack(">I", 45455))]},
                "_srgb": {"chunks": [(b"sRGB", b"\0"), (b"gAMA", struct.pack(">I", 45455))]},
                "_chrm": {"chunks": [(b"gAMA", struct.pack(">I", 50000)),
                                     (b"cHRM", struct.pack(">8I", 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000))]},
                "_physical": {"late": [(b"pHYs", struct.pack(">IIB", 2835, 2835, 1)), (b"tEXt", b"Title\0a picture")]},
            }
            if kind in (GREY, RGB):
                variants["_background"] = {"late": [(b"bKGD", struct.pack(">" + "H" * CHANNELS[kind], *[1] * CHANNELS[kind]))]}
                variants["_significant"] = {"chunks": [(b"sBIT", bytes([max(1, min(depth, 8) - 1)]) * CHANNELS[kind])]}
            if kind in (GREY, RGB, PALETTE):
                variants["_transparent"] = {"late": [(b"tRNS", transparency(kind, depth, generator))]}
            for variant, options in variants.items():
                files[name + variant] = png(samples, kind, depth, colours=colours, **options)
    short = generator.integers(0, 16, (HEIGHT, WIDTH, 1))
    files["png_palette_8_short"] = png(short, PALETTE, 8, colours=generator.integers(0, 256, (16, 3)))
    return files


def cut_files(generator):
    """Files that lack their end, or have it damaged: those that Pillow reads, and those that it refuses."""
    pixels = generator.integers(0, 256, (HEIGHT, WIDTH, 3))
    whole = png(pixels, RGB, 8)
    at = whole.index(b"IDAT") - 4
    head, end = whole[:at], chunk(b"IEND", b"")
    data = zlib.compress(packed(pixels.reshape(HEIGHT, -1), 8), 9)
    few = zlib.compress(packed(pixels[:4].reshape(4, -1), 8), 9)
    text = chunk(b"tEXt", b"Title\0a picture")

    def wrong(kind, content):
        return chunk(kind, content)[:-1] + bytes([chunk(kind, content)[-1] ^ 1])

    files = {"without_end": head + chunk(b"IDAT", data)}
    for count in (1, 4, 8, 11):
        files[f"end_less_{count}"] = whole[:-count]
    for count in (1, 3, 4, 6, 8):
        files[f"pixels_less_{count}"] = files["without_end"][:-count]
    for count in (1, 4, 12, 30):
        files[f"stream_less_{count}"] = head + chunk(b"IDAT", data[:-count]) + end
        files[f"stream_less_{count}_without_end"] = head + chunk(b"IDAT", data[:-count])
    files |= {
        "end_sum": head + chunk(b"IDAT", data) + wrong(b"IEND", b""),
        "pixels_sum": head + wrong(b"IDAT", data) + end,
        "first_pixels_sum": head + wrong(b"IDAT", data[:40]) + chunk(b"IDAT", data[40:]) + end,
        "last_pixels_sum": head + chunk(b"IDAT", data[:40]) + wrong(b"IDAT", data[40:]) + end,
        "stream_sum": head + chunk(b"IDAT", data[:-1] + bytes([data[-1] ^ 1])) + end,
        "text_sum_before": head + wrong(b"tEXt", b"a\0b") + chunk(b"IDAT", data) + end,
        "gamma_sum_before": head + wrong(b"gAMA", struct.pack(">I", 45455)) + chunk(b"IDAT", data) + end,
        "private_sum_before": head + wrong(b"prVt", b"hello") + chunk(b"IDAT", data) + end,
        "text_sum_behind": head + chunk(b"IDAT", data) + wrong(b"tEXt", b"a\0b") + end,
        "header_sum": head[:-1] + bytes([head[-1] ^ 1]) + chunk(b"IDAT", data) + end,
        "text_without_end": head + chunk(b"IDAT", data) + text,
        "text_between": head + chunk(b"IDAT", data[:40]) + text + chunk(b"IDAT", data[40:]) + end,
        "zeros_behind": head + chunk(b"IDAT", data) + bytes(20),
        "more_pixels": head + chunk(b"IDAT", data) + chunk(b"IDAT", b"hello there") + end,
        "few_rows": head + chunk(b"IDAT", few) + end,
        "few_rows_without_end": head + chunk(b"IDAT", few),
        "no_pixels": head + end,
        "private_before": head + chunk(b"prVt", b"hello") + chunk(b"IDAT", data),
    }
    samples = generator.integers(0, 256, (HEIGHT, WIDTH, 1))
    interlaced = png(samples, GREY, 8, interlaced=True)
    files["interlaced_without_end"] = interlaced[:-12]
    files["interlaced_less_40"] = interlaced[:-40]
    return {f"png_cut_{name}": file for name, file in files.items()}


def is_read(file):
    try:
        utils.img_to_array(utils.load_img(io.BytesIO(file)))
    except (OSError, SyntaxError, ValueError):
        return False
    return True


def jpeg_files(generator):
    y, x = np.mgrid[0:24, 0:31]
    planes = [np.clip(40 * c + 7 * y + 4 * x + 80 * (x > 14) + generator.integers(0, 9, y.shape), 0, 255) for c in range(4)]
    inks = Image.fromarray(np.stack(planes, -1).astype(np.uint8), "CMYK")
    files = {}
    for name, options in (("cmyk", {}), ("cmyk_quality50", {"quality": 50}), ("cmyk_progressive", {"progressive": True}),
                          ("cmyk_full", {"quality": 95, "subsampling": 0})):
        out = io.BytesIO()
        inks.save(out, format="JPEG", **options)
        files["jpeg_" + name] = out.getvalue()
        # The same samples, said to be YCCK, by the last byte of Adobe's marker.
        at = files["jpeg_" + name].find(b"Adobe")
        if at > 0:
            data = bytearray(files["jpeg_" + name])
            data[at + 11] = 2
            files["jpeg_" + name.replace("cmyk", "ycck")] = bytes(data)
    return files


def main():
    arrays = {}
    generator = rng("pixels")
    made = png_files(generator) | jpeg_files(generator)
    cut = cut_files(rng("pixels cut"))
    refused = {name: file for name, file in cut.items() if not is_read(file)}
    made |= {name: file for name, file in cut.items() if name not in refused}
    for name, file in made.items():
        arrays[f"{name}_file"] = np.frombuffer(file, np.uint8)
        for mode in ("rgb", "grayscale"):
            image = utils.img_to_array(utils.load_img(io.BytesIO(file), color_mode=mode))
            deep = mode == "grayscale" and name.startswith("png_grey_16")
            arrays[f"{name}_{mode}"] = image.astype(np.int32 if deep else np.uint8)
    for name, file in refused.items():
        arrays[f"{name}_file"] = np.frombuffer(file, np.uint8)
    save("image/pixels", names=list(made), refused=list(refused), **arrays)


if __name__ == "__main__":
    main()
