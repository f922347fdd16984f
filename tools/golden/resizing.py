"""Images of another size and in other colours: image/resizing.npz.

resize_<n>: keras.ops.image.resize and tf.image.resize; entries <name>_call (JSON), <name>_input, <name>_output.
load_<n>: keras.utils.load_img with its interpolations, which are Pillow's; input is the bytes of a PNG file.
colours_<name>: keras.ops.image and tf.image; <name>_input, <name>_output.
"""
import io

import tensorflow as tf
from common import keras, np, rng, save
from keras import utils
from PIL import Image

SIZES = [((7, 5, 3), (9, 8)), ((16, 23, 1), (5, 6)), ((9, 14, 2), (9, 5)), ((5, 4, 1), (5, 4)), ((1, 3, 1), (4, 2)), ((10, 11, 1), (5, 24))]


def pixels(generator, shape):
    return generator.integers(0, 256, shape).astype(np.uint8)


def main():
    generator = rng("resizing")
    arrays, resizes, loads, colours = {}, [], [], []

    def resize(x, size, function=keras.ops.image.resize, **options):
        name = f"resize_{len(resizes)}"
        resizes.append(name)
        method = options.pop("interpolation")
        if function is tf.image.resize:
            result = tf.image.resize(x, size, method=method, antialias=options.get("antialias", False))
        else:
            result = function(x, size, interpolation=method, **options)
        arrays[name + "_call"] = {"size": list(size), "interpolation": method, **options}
        arrays[name + "_input"], arrays[name + "_output"] = x, np.asarray(result)

    for before, after in SIZES:
        x = pixels(generator, (1, *before)).astype(np.float32)
        for method in ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5", "area"):
            resize(x, after, interpolation=method)
            if method not in ("nearest", "area"):
                resize(x, after, interpolation=method, antialias=True)
        for method in ("gaussian", "mitchellcubic"):
            for antialias in (False, True):
                resize(x, after, tf.image.resize, interpolation=method, antialias=antialias)
    one = pixels(generator, (11, 6, 3))
    resize(one, (8, 8), interpolation="bilinear")
    resize(one, (8, 8), interpolation="nearest")
    wide, tall = pixels(generator, (2, 9, 20, 3)), pixels(generator, (17, 6, 1)).astype(np.float32)
    for x in (wide, tall):
        for size in ((8, 8), (5, 13), (12, 7)):
            resize(x, size, interpolation="bilinear", crop_to_aspect_ratio=True)
            resize(x.astype(np.float32), size, interpolation="bilinear", pad_to_aspect_ratio=True)
            resize(x.astype(np.float32), size, interpolation="area", pad_to_aspect_ratio=True, fill_value=7.0)
    first = np.moveaxis(wide, -1, 1).astype(np.float32)
    resize(first, (6, 8), interpolation="bilinear", data_format="channels_first")
    resize(first[0], (6, 8), interpolation="bicubic", crop_to_aspect_ratio=True, data_format="channels_first")

    deep = Image.fromarray(generator.integers(0, 65536, (12, 17)).astype(np.uint16))
    files = {"rgb": Image.fromarray(pixels(generator, (12, 17, 3))), "grey": Image.fromarray(pixels(generator, (12, 17))),
             "deep": deep}
    for kind, picture in files.items():
        out = io.BytesIO()
        picture.save(out, format="PNG")
        arrays[f"file_{kind}"] = np.frombuffer(out.getvalue(), np.uint8)
        for method in ("nearest", "bilinear", "bicubic", "hamming", "box", "lanczos"):
            for size in ((5, 4), (20, 21), (12, 9)):
                for keep in (False, True):
                    options = {"color_mode": "rgb" if kind == "rgb" else "grayscale", "target_size": size,
                               "interpolation": method, "keep_aspect_ratio": keep}
                    try:
                        result = utils.img_to_array(utils.load_img(io.BytesIO(out.getvalue()), **options))
                    except ValueError:  # what Pillow does not do with 16 bits
                        continue
                    name = f"load_{len(loads)}"
                    loads.append(name)
                    arrays[name + "_call"] = {"file": f"file_{kind}", **options, "target_size": list(size)}
                    arrays[name + "_output"] = result.astype(np.int32 if kind == "deep" else np.uint8)

    def colour(name, x, result):
        colours.append(name)
        arrays[name + "_input"], arrays[name + "_output"] = x, np.asarray(result)

    unit = (pixels(generator, (2, 5, 6, 3)) / 255).astype(np.float32)
    unit[0, 0, :3] = [[0, 0, 0], [1, 1, 1], [0.5, 0.5, 0.5]]
    colour("rgb_to_grayscale", unit, keras.ops.image.rgb_to_grayscale(unit))
    colour("rgb_to_hsv", unit, keras.ops.image.rgb_to_hsv(unit))
    colour("hsv_to_rgb", unit, keras.ops.image.hsv_to_rgb(unit))
    colour("grayscale_to_rgb", unit[..., :1], tf.image.grayscale_to_rgb(tf.constant(unit[..., :1])))
    colour("rgb_to_yuv", unit, tf.image.rgb_to_yuv(unit))
    colour("yuv_to_rgb", unit, tf.image.yuv_to_rgb(unit))
    bytes_ = pixels(generator, (5, 6, 3))
    colour("rgb_to_grayscale_bytes", bytes_, keras.ops.image.rgb_to_grayscale(bytes_))
    colour("rgb_to_ycbcr", bytes_, np.asarray(Image.fromarray(bytes_).convert("YCbCr")))
    colour("ycbcr_to_rgb", bytes_, np.asarray(Image.fromarray(bytes_, "YCbCr").convert("RGB")))
    save("image/resizing", resizes=resizes, loads=loads, colours=colours, **arrays)


if __name__ == "__main__":
    main()
