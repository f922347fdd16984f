"""Golden files of layers that change images at random while training: nn/random_augmentations/<case>.npz.

Entries: config (JSON), input, drawn_<name> (what get_random_transformation gave), output (what transform_images made of
input by them); mean_<name>, deviation_<name>: of the numbers that Keras draws for 4,096 images of 6x5.
"""
import tensorflow as tf

from common import keras, np, rng, save
from keras import layers

MANY = 4096


def numbers(transformation):
    if not isinstance(transformation, dict):
        transformation = {"should_apply": tf.reshape(transformation, [-1])}
    drawn = {}
    for key, value in transformation.items():
        if key in ("input_shape", "seed"):
            continue
        drawn[key] = np.asarray(value)
    return drawn


def case(name, layer, shape=(4, 9, 12, 3), measured=True):
    images = (rng(name).uniform(size=shape) * 255).astype(np.float32)
    transformation = layer.get_random_transformation(tf.constant(images), training=True)
    drawn = numbers(transformation)
    if isinstance(layer, layers.RandomElasticTransform):
        transformation["seed"] = 5
        drawn["noise"] = tf.random.stateless_normal(shape[:3], seed=[5, 0]).numpy()
    output = layer.transform_images(tf.constant(images), transformation, training=True)
    moments = {}
    if measured:
        many = numbers(layer.get_random_transformation(tf.zeros((MANY, 6, 5, 3)), training=True))
        for key, value in many.items():
            if value.ndim and key not in ("permutation_order", "start_points", "blur_factor", "fill_value"):
                moments["mean_" + key] = value.astype(np.float64).mean()
                moments["deviation_" + key] = value.astype(np.float64).std()
    save(f"nn/random_augmentations/{name}", config=keras.layers.serialize(layer), input=images, output=np.asarray(output),
         **{"drawn_" + key: value for key, value in drawn.items()}, **moments)


def main():
    keras.utils.set_random_seed(7)
    case("hue", layers.RandomHue(0.7))
    case("hue_range", layers.RandomHue((0.2, 0.4), value_range=(0, 510)))
    case("saturation", layers.RandomSaturation(0.6))
    case("saturation_range", layers.RandomSaturation((0.3, 0.8)))
    case("grayscale", layers.RandomGrayscale(0.4))
    case("degeneration", layers.RandomColorDegeneration((0.2, 0.9)))
    case("invert", layers.RandomInvert(0.8))
    case("posterization", layers.RandomPosterization(5))
    case("posterization_fixed", layers.RandomPosterization((3, 3)))
    case("sharpness", layers.RandomSharpness(0.9))
    case("sharpness_grey", layers.RandomSharpness((0.1, 0.4)), (3, 6, 7, 1))
    case("mix_up", layers.MixUp(0.4))
    case("cut_mix", layers.CutMix((0.6, 0.6)))  # the range is drawn from once a call: of no width, calls are alike
    case("erasing", layers.RandomErasing(0.9, scale=(0.1, 0.5), fill_value=17.0))
    case("erasing_colours", layers.RandomErasing(1.0, fill_value=(1.0, 200.0, 300.0)))
    case("erasing_noise", layers.RandomErasing(0.5))
    case("shear", layers.RandomShear(0.4, 0.3))
    case("shear_range", layers.RandomShear((0.2, 0.5), 0.0, fill_mode="constant", fill_value=9.0, interpolation="nearest"))
    case("perspective", layers.RandomPerspective(1.0, scale=0.6))
    case("perspective_nearest", layers.RandomPerspective(0.5, scale=0.4, interpolation="nearest", fill_value=33.0))
    case("blur", layers.RandomGaussianBlur(0.9, kernel_size=3, sigma=1.0))
    case("blur_wide", layers.RandomGaussianBlur(1.0, kernel_size=(5, 3), sigma=(0.4, 0.9)), (3, 9, 8, 1))
    case("elastic", layers.RandomElasticTransform(1.0, scale=(0.8, 1.0)), (3, 44, 41, 2))
    for mode in ("constant", "nearest", "wrap"):
        case("elastic_" + mode, layers.RandomElasticTransform(0.7, scale=1.0, fill_mode=mode, fill_value=5.0,
                                                              interpolation="nearest" if mode == "wrap" else "bilinear"),
             (2, 24, 31, 3))


if __name__ == "__main__":
    main()
