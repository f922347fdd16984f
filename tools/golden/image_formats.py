"""PNM, BMP, GIF and WebP files of every kind, photographs with an orientation, and what Keras makes of them: image/formats.npz.

Written by hand where Pillow cannot write them. Entries: names (JSON), and for each name <name>_file (its bytes), <name>_rgb
(uint8) and <name>_grayscale (uint8, int32 for 16-bit greys); turned (JSON): the names with an orientation, each with
<name>_upright (uint8, ImageOps.exif_transpose).
"""
import io
import struct

from common import np, rng, save
from keras import utils
from PIL import Image, ImageOps

HEIGHT, WIDTH = 6, 11


def scene(generator, channels, height=HEIGHT, width=WIDTH):
    y, x = np.mgrid[0:height, 0:width]
    planes = [25 * c + 17 * y + 8 * x + 90 * (x > 5) for c in range(channels)]
    return np.clip(np.stack(planes, -1) + generator.integers(0, 12, (height, width, channels)), 0, 255).astype(np.uint8)


def encoded(image, format, **options):
    out = io.BytesIO()
    image.save(out, format=format, **options)
    return out.getvalue()


def pnm_files(generator):
    files = {}
    bits = generator.integers(0, 2, (HEIGHT, WIDTH))
    size = f"{WIDTH} {HEIGHT}\n".encode()
    files["pnm_p1"] = b"P1\n# a comment\n" + size + b"\n".join(b"".join(b"%d" % v for v in row) for row in bits) + b"\n"
    files["pnm_p1_spaces"] = b"P1 " + size + b" ".join(b"%d" % v for v in bits.ravel())
    files["pnm_p4"] = b"P4\n" + size + np.packbits(bits, axis=1).tobytes()
    for most in (1, 7, 100, 255, 256, 1000, 65535):
        wide = ">u2" if most > 255 else "u1"
        for kind, channels in ((5, 1), (6, 3)):
            values = generator.integers(0, most + 1, (HEIGHT, WIDTH, channels))
            header = f"\t{WIDTH} # width\n{HEIGHT}\n{most}\n".encode()
            files[f"pnm_p{kind}_{most}"] = b"P%d" % kind + header + values.astype(wide).tobytes()
            text = b"\n".join(b" ".join(b"%d" % v for v in row.ravel()) for row in values)
            files[f"pnm_p{kind - 3}_{most}"] = b"P%d" % (kind - 3) + header + text + (b"" if most == 7 else b"\n")
    files["pnm_p5_over"] = b"P5 3 2 200\n" + bytes([0, 100, 200, 201, 254, 255])
    files["pnm_p2_comment"] = b"P2\n2 2\n9\n1 2 # these\n3 9\n"
    return files


def bmp(rows, bits, palette=b"", compression=0, masks=b"", size=40, down=False, colours=0, data=None):
    """rows: packed bytes of each row from the top."""
    if data is None:
        data = b"".join(r + b"\0" * (-len(r) % 4) for r in (rows if down else rows[::-1]))
    offset = 14 + size + len(palette) + (len(masks) if size == 40 else 0)
    if size == 12:
        header = struct.pack("<IHHHH", 12, WIDTH, HEIGHT, 1, bits)
    else:
        header = struct.pack("<IiiHHIIiiII", size, WIDTH, -HEIGHT if down else HEIGHT, 1, bits, compression, len(data), 2835, 2835,
                             colours, 0)
    if size > 40:
        header += (masks + b"\0" * size)[:size - 40]
        masks = b""
    return b"BM" + struct.pack("<IHHI", offset + len(data), 0, 0, offset) + header + masks + palette + data


def packed(numbers, bits):
    rows = []
    for row in numbers:
        text = "".join(format(v, f"0{bits}b") for v in row)
        text += "0" * (-len(text) % 8)
        rows.append(bytes(int(text[i:i + 8], 2) for i in range(0, len(text), 8)))
    return rows


def runs(numbers, four):
    """Runs, stretches, a jump and ends of rows, from the bottom row up; every row in another manner."""
    out = b""
    half = (lambda v: v << 4 | v) if four else (lambda v: v)
    for y, row in enumerate(numbers[::-1]):
        row = [int(v) for v in row]
        if y == 1:  # three equal ones, then all others as they are
            out += bytes([3, half(row[0]), 0, len(row) - 3])
            rest = row[3:]
            part = bytes(a << 4 | b for a, b in zip(rest[::2], rest[1::2] + [0])) if four else bytes(rest)
            out += part + b"\0" * (len(part) % 2)
        elif y == 2:  # a jump to the right, and over the end of the row
            out += bytes([0, 2, 4, 0, len(row) - 4, half(row[5])])
        elif y == 3 and four:  # two colours in turn
            out += bytes([len(row), row[0] << 4 | row[1]])
        else:
            out += b"".join(bytes([1, half(v)]) for v in row)
        out += b"\0\0" if y < len(numbers) - 1 else b"\0\1"
    return out


def bmp_files(generator):
    files = {}
    for bits in (1, 4, 8):
        count = 2 ** bits
        numbers = generator.integers(0, count, (HEIGHT, WIDTH))
        colours = generator.integers(0, 256, (count, 4)).astype(np.uint8)
        files[f"bmp_{bits}"] = bmp(packed(numbers, bits), bits, colours.tobytes())
        files[f"bmp_{bits}_down"] = bmp(packed(numbers, bits), bits, colours.tobytes(), down=True)
        files[f"bmp_{bits}_os2"] = bmp(packed(numbers, bits), bits, colours[:, :3].tobytes(), size=12)
        few = count // 2 + 1
        files[f"bmp_{bits}_few"] = bmp(packed(numbers % few, bits), bits, colours[:few].tobytes(), colours=few)
        if bits > 1:
            numbers[:, :3] = numbers[:, :1]
            files[f"bmp_{bits}_runs"] = bmp(None, bits, colours.tobytes(), compression=2 if bits == 4 else 1,
                                            data=runs(numbers, bits == 4))
    greys = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 4, 1)
    greys[:, 3] = 0
    files["bmp_grey"] = bmp(packed(generator.integers(0, 256, (HEIGHT, WIDTH)), 8), 8, greys.tobytes())
    words = generator.integers(0, 65536, (HEIGHT, WIDTH)).astype("<u2")
    files["bmp_16"] = bmp([r.tobytes() for r in words], 16)
    for name, masks in (("565", (0xF800, 0x7E0, 0x1F)), ("555", (0x7C00, 0x3E0, 0x1F))):
        files[f"bmp_16_{name}"] = bmp([r.tobytes() for r in words], 16, compression=3, masks=struct.pack("<3I", *masks))
    for bits in (24, 32):
        pixels = generator.integers(0, 256, (HEIGHT, WIDTH, bits // 8)).astype(np.uint8)
        rows = [r.tobytes() for r in pixels]
        for size in (40, 108, 124) + ((12,) if bits == 24 else ()):
            files[f"bmp_{bits}_{size}"] = bmp(rows, bits, size=size)
        files[f"bmp_{bits}_down"] = bmp(rows, bits, down=True)
    for name, masks in (("bgrx", (0xFF0000, 0xFF00, 0xFF, 0)), ("xbgr", (0xFF000000, 0xFF0000, 0xFF00, 0)),
                        ("rgba", (0xFF, 0xFF00, 0xFF0000, 0xFF000000)), ("none", (0, 0, 0, 0))):
        files[f"bmp_32_{name}"] = bmp(rows, 32, compression=3, masks=struct.pack("<4I", *masks), size=124)
    return files


def lzw(numbers, bits):
    """Codes with a table that is never used: each number by itself, and a clear code before the size would grow."""
    codes = []
    for i, v in enumerate(numbers):
        if i % (2 ** bits - 2) == 0:
            codes.append(2 ** bits)
        codes.append(int(v))
    codes.append(2 ** bits + 1)
    value = sum(c << ((bits + 1) * i) for i, c in enumerate(codes))
    data = value.to_bytes(((bits + 1) * len(codes) + 7) // 8, "little")
    blocks = b"".join(bytes([len(data[i:i + 255])]) + data[i:i + 255] for i in range(0, len(data), 255))
    return bytes([bits]) + blocks + b"\0"


def gif(numbers, bits, screen=None, at=(0, 0), colours=None, local=None, interlaced=False, transparent=None):
    height, width = numbers.shape
    screen = screen or (width, height)
    flags = 0x70 | (0x80 | bits - 1 if colours is not None else 0)
    out = b"GIF89a" + struct.pack("<HHBBB", *screen, flags, 1, 0) + (colours.tobytes() if colours is not None else b"")
    out += b"!\xfe\x05hello\0"
    if transparent is not None:
        out += b"!\xf9\x04" + struct.pack("<BHB", 1, 0, transparent) + b"\0"
    order = range(height)
    if interlaced:
        order = [*range(0, height, 8), *range(4, height, 8), *range(2, height, 4), *range(1, height, 2)]
    flags = (0x40 if interlaced else 0) | (0x80 | bits - 1 if local is not None else 0)
    out += b"," + struct.pack("<HHHHB", *at, width, height, flags) + (local.tobytes() if local is not None else b"")
    return out + lzw(numbers[list(order)].ravel(), max(bits, 2)) + b";"


def gif_files(generator):
    files = {}
    for bits in (1, 2, 4, 8):
        numbers = generator.integers(0, 2 ** bits, (HEIGHT, WIDTH))
        colours = generator.integers(0, 256, (2 ** bits, 3)).astype(np.uint8)
        files[f"gif_{bits}"] = gif(numbers, bits, colours=colours)
    tall = generator.integers(0, 16, (19, 5))
    colours, other = (generator.integers(0, 256, (16, 3)).astype(np.uint8) for _ in range(2))
    files["gif_interlaced"] = gif(tall, 4, colours=colours, interlaced=True)
    files["gif_local"] = gif(tall, 4, colours=colours, local=other)
    files["gif_transparent"] = gif(tall, 4, colours=colours, transparent=3)
    files["gif_part"] = gif(tall, 4, screen=(9, 25), at=(2, 3), colours=colours)
    files["gif_part_transparent"] = gif(tall, 4, screen=(9, 25), at=(2, 3), colours=colours, transparent=5)
    files["gif_beyond"] = gif(tall, 4, screen=(4, 4), at=(1, 2), colours=colours)
    files["gif_no_palette"] = gif(tall, 4)
    picture = Image.fromarray(scene(generator, 3, 40, 60)).quantize(64)
    files["gif_pillow"] = encoded(picture, "GIF")
    files["gif_animated"] = encoded(picture, "GIF", save_all=True, append_images=[picture.rotate(90), picture.rotate(180)])
    files["gif_flat"] = encoded(Image.new("P", (300, 200), 7), "GIF")  # codes that name themselves
    noise = generator.integers(0, 256, (90, 90)).astype(np.uint8)
    files["gif_full_table"] = encoded(Image.fromarray(noise, "L"), "GIF")
    return files


def webp_files(generator):
    colour, clear = (Image.fromarray(scene(generator, c, 20, 30)) for c in (3, 4))
    return {
        "webp_lossy": encoded(colour, "WEBP", quality=80),
        "webp_lossless": encoded(colour, "WEBP", lossless=True),
        "webp_alpha": encoded(clear, "WEBP", quality=70),
        "webp_alpha_lossless": encoded(clear, "WEBP", lossless=True, exact=True),
        "webp_animated": encoded(colour, "WEBP", save_all=True, lossless=True, append_images=[colour.rotate(180)]),
    }


def turned_files(generator):
    colour, grey = Image.fromarray(scene(generator, 3)), Image.fromarray(scene(generator, 1)[..., 0])
    files = {}
    for orientation in range(0, 10):
        exif = Image.Exif()
        exif[274] = orientation
        files[f"jpeg_turned_{orientation}"] = encoded(colour, "JPEG", exif=exif, quality=95)
    exif = Image.Exif()
    exif[271] = "a camera"
    exif[274] = 6
    big = b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 274, 3, 1, 8, 0, 0)
    files["png_turned_6"] = encoded(colour, "PNG", exif=exif)
    files["png_turned_6_grey"] = encoded(grey, "PNG", exif=exif)
    files["webp_turned_6"] = encoded(colour, "WEBP", lossless=True, exif=exif)
    files["jpeg_turned_8_big"] = encoded(colour, "JPEG", exif=b"Exif\0\0" + big, quality=95)
    return files


def main():
    generator = rng("image_formats")
    turned = turned_files(generator)
    made = pnm_files(generator) | bmp_files(generator) | gif_files(generator) | webp_files(generator) | turned
    arrays = {}
    for name, file in made.items():
        arrays[f"{name}_file"] = np.frombuffer(file, np.uint8)
        for mode in ("rgb", "grayscale"):
            image = utils.img_to_array(utils.load_img(io.BytesIO(file), color_mode=mode))
            deep = mode == "grayscale" and Image.open(io.BytesIO(file)).mode in ("I", "I;16")
            arrays[f"{name}_{mode}"] = image.astype(np.int32 if deep else np.uint8)
    for name, file in turned.items():
        image = ImageOps.exif_transpose(Image.open(io.BytesIO(file))).convert("RGB")
        arrays[f"{name}_upright"] = np.asarray(image)
    save("image/formats", names=list(made), turned=list(turned), **arrays)


if __name__ == "__main__":
    main()
