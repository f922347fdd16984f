"""keras.ops.image in a functional graph: formats/operations_images.keras and .npz.

As operations.py, of pictures x (float32, 0 to 1), bytes b (uint8) and rows of transformations t.
"""
from common import normal, np, rng
from keras import ops
from keras_files import write_graph

BATCH = 2


def outputs(x, b, t):
    image = ops.image
    first = ops.transpose(x, (0, 3, 1, 2))
    return [
        image.resize(x, (5, 9)), image.resize(x, (13, 6), interpolation="nearest"), image.resize(x, (4, 4), interpolation="bicubic", antialias=True),
        image.resize(x, (6, 6), crop_to_aspect_ratio=True), image.resize(x, (6, 9), pad_to_aspect_ratio=True, fill_value=0.5),
        image.resize(first, (5, 4), data_format="channels_first"), image.resize(b, (4, 7)), image.rgb_to_grayscale(x), image.rgb_to_grayscale(b),
        image.rgb_to_grayscale(first, data_format="channels_first"), image.rgb_to_hsv(x), image.hsv_to_rgb(x), image.affine_transform(x, t),
        image.affine_transform(x, t, interpolation="nearest", fill_mode="reflect"), image.affine_transform(x, t, fill_value=0.3), image.affine_transform(b, t),
        image.gaussian_blur(x), image.gaussian_blur(x, kernel_size=(5, 5), sigma=(0.7, 1.9)), image.gaussian_blur(x, kernel_size=(3, 5), sigma=(1.5, 0.5)),
        image.crop_images(x, 1, 2, 3, 1), image.crop_images(b, top_cropping=2, target_height=4, left_cropping=1, target_width=5),
        image.crop_images(x, bottom_cropping=1, target_height=3, right_cropping=0, target_width=6),
        image.pad_images(x, 1, 2, 3, 0), image.pad_images(b, top_padding=2, target_height=14, right_padding=1, target_width=12),
        image.extract_patches(x, 3), image.extract_patches(x, (2, 3), strides=(1, 2)), image.extract_patches(x, 3, strides=2, padding="same"),
        image.extract_patches(x, 2, strides=1, dilation_rate=2),
    ]


def main():
    generator = rng("operations_images")
    x = np.round(generator.uniform(0, 1, (BATCH, 8, 7, 3)) * 1024).astype(np.float32) / 1024
    turned = np.array([[0.9, 0.2, 0.5, -0.1, 1.1, 0.3, 0, 0], [1.2, -0.3, -1, 0.2, 0.8, 2, 0.01, 0.02]], np.float32)
    write_graph("operations_images", outputs, x=x, b=generator.integers(0, 256, (BATCH, 8, 7, 3)).astype(np.uint8), t=turned + normal(generator, (BATCH, 8)) * 0)


if __name__ == "__main__":
    main()
