"""Image files and what Keras makes of them: image/load_img.npz.

Entries: names (JSON), and for each name <name>_file (its bytes), <name>_rgb and <name>_grayscale (uint8, as in the
file's size), <name>_small (rgb, 5 rows by 7 columns) and <name>_large (grayscale, 23 by 31).
"""
import io

from common import np, rng, save
from keras import utils
from PIL import Image

HEIGHT, WIDTH = 12, 17


def scene(generator, channels):
    """Smooth areas, an edge and some noise: what codecs treat differently."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    planes = [20 * c + 9 * y + 5 * x + 90 * (x > 8) for c in range(channels)]
    noise = generator.integers(0, 12, size=(HEIGHT, WIDTH, channels))
    return np.clip(np.stack(planes, -1) + noise, 0, 255).astype(np.uint8)


def encoded(image, **options):
    out = io.BytesIO()
    image.save(out, **options)
    return out.getvalue()


def files(generator):
    grey = Image.fromarray(scene(generator, 1)[..., 0], "L")
    colour = Image.fromarray(scene(generator, 3), "RGB")
    clear = Image.fromarray(scene(generator, 4), "RGBA")
    return {
        "png_grey": encoded(grey, format="PNG"),
        "png_rgb": encoded(colour, format="PNG"),
        "png_rgba": encoded(clear, format="PNG"),
        "png_grey_alpha": encoded(Image.merge("LA", (grey, grey.rotate(180))), format="PNG"),
        "png_palette": encoded(colour.quantize(16), format="PNG"),
        "png_bits": encoded(grey.convert("1"), format="PNG"),
        "jpeg_grey": encoded(grey, format="JPEG", quality=90),
        "jpeg_rgb": encoded(colour, format="JPEG", quality=90),
        "jpeg_progressive": encoded(colour, format="JPEG", quality=70, progressive=True),
        "jpeg_full_colour": encoded(colour, format="JPEG", quality=90, subsampling=0),
    }


def pixels(file, **options):
    return utils.img_to_array(utils.load_img(io.BytesIO(file), **options)).astype(np.uint8)


def main():
    arrays = {}
    made = files(rng("images"))
    for name, file in made.items():
        arrays[f"{name}_file"] = np.frombuffer(file, np.uint8)
        arrays[f"{name}_rgb"] = pixels(file)
        arrays[f"{name}_grayscale"] = pixels(file, color_mode="grayscale")
        arrays[f"{name}_small"] = pixels(file, target_size=(5, 7))
        arrays[f"{name}_large"] = pixels(file, color_mode="grayscale", target_size=(23, 31))
    save("image/load_img", names=list(made), **arrays)


if __name__ == "__main__":
    main()
