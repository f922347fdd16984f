"""Golden files of layers that Keras has beside those of layers.py and layers_more.py: pooling into a given number of
windows, kernels of norm 1, convolutions with a state, attention with fewer heads of keys, spectrograms. In the folders
and with the entries that layers.py, layers_more.py and layers_recurrent.py describe.
"""
from common import keras, np, rng, save
from keras import layers

from layers import case
from layers_more import multi
from layers_recurrent import call_case


def pooling():
    for kind in ("Average", "Max"):
        name = f"adaptive_{kind.lower()}_pooling"
        make = [getattr(layers, f"Adaptive{kind}Pooling{axes}D") for axes in (1, 2, 3)]
        case(name + "1d", make[0](3), (2, 8, 3))
        case(name + "1d_even", make[0](4), (2, 8, 3))
        case(name + "1d_more", make[0](5), (2, 3, 2))
        case(name + "2d", make[1]((3, 4)), (2, 7, 6, 3))
        if kind == "Average":  # TensorFlow dies of the maximum over one window
            case(name + "2d_one", make[1](1), (2, 5, 4, 2))
        case(name + "3d", make[2]((2, 3, 2)), (2, 5, 3, 4, 2))


def normalized():
    spectral = layers.SpectralNormalization
    case("spectral_normalization", spectral(layers.Dense(4)), (3, 5))
    case("spectral_normalization_more", spectral(layers.Conv2D(3, 2, use_bias=False), power_iterations=3), (2, 4, 4, 2))
    case("spectral_normalization_transposed", spectral(layers.Conv1DTranspose(2, 3, activation="tanh")), (2, 4, 3))


def pipelines():
    case("pipeline", layers.Pipeline([layers.Rescaling(0.5, offset=-1.0), layers.Dense(4, activation="tanh", name="first"),
                                      layers.Dropout(0.0), layers.BatchNormalization(momentum=0.8), layers.Dense(2, name="last")]), (5, 3))


def convolutional_lstm():
    case("conv_lstm1d", layers.ConvLSTM1D(3, 2), (2, 3, 6, 2))
    case("conv_lstm2d", layers.ConvLSTM2D(3, (2, 3), padding="same", kernel_regularizer="l2"), (2, 4, 4, 5, 2))
    case("conv_lstm2d_strides", layers.ConvLSTM2D(2, 3, strides=2, use_bias=False, recurrent_activation="hard_sigmoid"), (2, 3, 6, 7, 2))
    case("conv_lstm3d", layers.ConvLSTM3D(2, 2, unit_forget_bias=False, activation="relu"), (2, 2, 3, 4, 3, 2))
    mask = np.array([[0, 1, 1, 0, 1], [1, 1, 0, 0, 0], [0, 0, 0, 0, 0]], dtype=bool)
    shape, states = (3, 5, 4, 3, 2), [(3, 3, 2, 2)] * 2
    call_case("conv_lstm2d_all", layers.ConvLSTM2D(2, 2, return_sequences=True, return_state=True), shape, states=states)
    call_case("conv_lstm2d_mask", layers.ConvLSTM2D(2, 2, return_sequences=True), shape, mask)
    call_case("conv_lstm2d_backwards_mask", layers.ConvLSTM2D(2, 2, go_backwards=True, dilation_rate=(2, 1)), shape, mask)
    call_case("conv_lstm1d_stateful", layers.ConvLSTM1D(2, 3, padding="same", stateful=True), (3, 5, 4, 2))


def grouped_attention():
    def groups(*heads, **options):
        return layers.GroupQueryAttention(3, *heads, **options)

    query_mask = np.array([[True, True, True, False], [True, False, True, True]])
    value_mask = np.array([[True, True, False, False, True], [False, True, True, False, True]])
    two, three = [(2, 4, 6), (2, 5, 6)], [(2, 4, 6), (2, 5, 6), (2, 5, 3)]
    causal, scores = {"use_causal_mask": True}, {"return_attention_scores": True}
    multi("attention_groups", groups(4, 2), two, as_list=False)
    multi("attention_groups_one", groups(3, 1, use_bias=False), three, as_list=False)
    multi("attention_groups_causal", groups(4, 2, use_gate=True), two, as_list=False, flags=causal)
    multi("attention_groups_masks", groups(4, 2, use_bias=False), two, as_list=False, masks=[query_mask, value_mask])
    multi("attention_groups_scores", groups(4, 2, sliding_window=2), two, as_list=False, flags={**scores, **causal})


def spectrograms():
    stft, mel = layers.STFTSpectrogram, layers.MelSpectrogram
    case("stft_spectrogram", stft(frame_length=16), (2, 60, 2), first_values=True)
    case("stft_spectrogram_psd", stft("psd", 12, 5, 20, "hamming", periodic=True, scaling="spectrum", padding="same",
                                      expand_dims=True), (2, 30, 3), first_values=True)
    case("stft_spectrogram_parts", stft("stft", 8, 4, window="blackman", scaling=None), (2, 21, 2), first_values=True)
    case("stft_spectrogram_real", stft("real", 9, 3, window=None), (1, 30, 1), first_values=True)
    case("stft_spectrogram_angle", stft("angle", 8, 8, window="bartlett"), (2, 24, 1), first_values=True)
    case("stft_spectrogram_magnitude", stft("magnitude", 8, window="blackmanharris", expand_dims=True), (2, 20, 2))
    case("mel_spectrogram", mel(fft_length=64, sequence_stride=20, num_mel_bins=6), (2, 130), exact_gradient=False)  # of logarithms of little
    case("mel_spectrogram_energy", mel(fft_length=64, sequence_stride=16, sequence_length=48, sampling_rate=8000,
                                       num_mel_bins=5, min_freq=100.0, max_freq=3000.0, power_to_db=False, mag_exp=1.0,
                                       window="hamming"), (2, 100))
    case("mel_spectrogram_loud", mel(fft_length=32, sequence_stride=16, num_mel_bins=4, top_db=10.0, ref_power=0.5,
                                     min_power=1e-4), (1, 90))


def image_case(name, layer, known_in_training=True):
    """nn/augmentations/<case>.npz: config, input, output (inference) and, where it is not random, output_training."""
    low, high = getattr(layer, "value_range", (0, 255))
    x = rng(name).uniform(low, high, size=(2, 5, 6, 3)).astype("float32")
    x[1, ..., 2] = x[1, 0, 0, 2]  # one colour
    output = np.asarray(layer(x, training=False))
    extra = {"output_training": np.asarray(layer(x, training=True))} if known_in_training else {}
    config = keras.layers.serialize(layer)
    config["config"]["name"] = name
    save(f"nn/augmentations/{name}", config=config, input=x, output=output, **extra)


def augmentations():
    image_case("auto_contrast", layers.AutoContrast())
    image_case("auto_contrast_range", layers.AutoContrast(value_range=(1.0, -1.0)))
    image_case("equalization", layers.Equalization())
    image_case("equalization_bins", layers.Equalization(value_range=(0.0, 1.0), bins=7))
    clahe = layers.ContrastLimitedAdaptiveHistogramEqualization
    image_case("clahe", clahe(tile_grid_size=(2, 3)))
    image_case("clahe_limit", clahe(value_range=(0, 1), clip_limit=1.5, tile_grid_size=(4, 2)))
    image_case("clahe_free", clahe(clip_limit=0.0, tile_grid_size=(1, 1)))
    image_case("solarization", layers.Solarization())
    image_case("solarization_range", layers.Solarization(value_range=(-1, 1), seed=3))
    image_case("solarization_random", layers.Solarization(0.3, (0.2, 0.4)), known_in_training=False)
    image_case("max_num_bounding_boxes", layers.MaxNumBoundingBoxes(3))
    for layer in [layers.AugMix(), layers.CutMix(), layers.MixUp(alpha=0.3), layers.RandAugment(),
                  layers.RandomColorDegeneration(0.5), layers.RandomColorJitter(brightness_factor=0.2),
                  layers.RandomElasticTransform(), layers.RandomErasing(), layers.RandomGaussianBlur(),
                  layers.RandomGrayscale(), layers.RandomHue(0.4), layers.RandomInvert(), layers.RandomPerspective(),
                  layers.RandomPosterization(4), layers.RandomSaturation(0.5), layers.RandomSharpness(0.5),
                  layers.RandomShear(0.2, 0.1)]:
        image_case(keras.src.utils.naming.to_snake_case(type(layer).__name__), layer, known_in_training=False)


def reversed_embeddings():
    """The way back of ReversibleEmbedding; the way forth is in layers_recurrent.py."""
    back = {"reverse": True}
    multi("reversible_embedding_back", layers.ReversibleEmbedding(7, 4), [(2, 3, 4)], as_list=False, flags=back)
    multi("reversible_embedding_back_own", layers.ReversibleEmbedding(6, 3, tie_weights=False, logit_soft_cap=2.0), [(2, 5, 3)],
          as_list=False, flags=back)


def main():
    spectrograms()
    reversed_embeddings()
    augmentations()
    pooling()
    normalized()
    pipelines()
    convolutional_lstm()
    grouped_attention()


if __name__ == "__main__":
    main()
