"""Golden files of layers for volumes and sequences, of further normalisations, and of attention without projections:
nn/layers/<case>.npz and nn/layers_multi/<case>.npz, with the entries of layers.py and layers_more.py.

Noise and dropout are random while training: they are here with a rate of 0, and with rates in tests/nn/noise_layers_test.cpp.
"""
from keras import layers

from layers import case
from layers_more import multi
from common import np


def volumes():
    volume = (2, 5, 6, 4, 2)
    case("conv3d", layers.Conv3D(3, 3), volume)
    case("conv3d_same", layers.Conv3D(3, (2, 3, 2), padding="same", activation="relu"), volume)
    case("conv3d_strides", layers.Conv3D(3, 2, strides=2, use_bias=False), volume)
    case("conv3d_same_strides", layers.Conv3D(2, 3, strides=(2, 3, 1), padding="same"), volume)
    case("conv3d_dilated", layers.Conv3D(2, 2, dilation_rate=(2, 1, 3)), volume)
    case("conv3d_1x1x1", layers.Conv3D(4, 1), volume)
    case("conv3d_transpose", layers.Conv3DTranspose(3, 3), (2, 3, 2, 4, 2))
    case("conv3d_transpose_strides", layers.Conv3DTranspose(2, (3, 2, 4), strides=(2, 3, 2)), (2, 3, 2, 2, 3))
    case("conv3d_transpose_same", layers.Conv3DTranspose(2, 3, strides=2, padding="same", activation="tanh"), (1, 3, 2, 4, 2))
    case("conv3d_transpose_same_even", layers.Conv3DTranspose(2, (2, 4, 2), strides=(1, 2, 3), padding="same"), (1, 3, 2, 4, 2))
    case("conv3d_transpose_output_padding",
         layers.Conv3DTranspose(2, 3, strides=2, padding="same", output_padding=(1, 0, 1)), (1, 2, 3, 2, 2))
    case("conv3d_transpose_one_step", layers.Conv3DTranspose(2, 3, strides=2), (1, 1, 2, 1, 2))
    case("max_pooling3d", layers.MaxPooling3D(), volume)
    case("max_pooling3d_same", layers.MaxPooling3D((2, 3, 2), padding="same"), volume)
    case("max_pooling3d_overlap", layers.MaxPooling3D(3, strides=(1, 2, 1)), volume)
    case("average_pooling3d", layers.AveragePooling3D(2), volume)
    case("average_pooling3d_same", layers.AveragePooling3D((2, 3, 3), strides=2, padding="same"), volume)
    case("global_average_pooling3d", layers.GlobalAveragePooling3D(), volume)
    case("global_max_pooling3d_keepdims", layers.GlobalMaxPooling3D(keepdims=True), volume)
    case("zero_padding3d", layers.ZeroPadding3D(((1, 0), (2, 1), (0, 3))), volume)
    case("zero_padding3d_all", layers.ZeroPadding3D(2), volume)
    case("cropping3d", layers.Cropping3D(((1, 2), (0, 1), (1, 0))), volume)
    case("up_sampling3d", layers.UpSampling3D((2, 1, 3)), volume)
    case("spatial_dropout3d_zero", layers.SpatialDropout3D(0.0), volume)


def sequences():
    steps = (2, 7, 3)
    case("depthwise_conv1d", layers.DepthwiseConv1D(3, depth_multiplier=2), steps)
    case("depthwise_conv1d_same", layers.DepthwiseConv1D(4, strides=2, padding="same", activation="relu"), steps)
    case("depthwise_conv1d_dilated", layers.DepthwiseConv1D(2, dilation_rate=3, use_bias=False), steps)
    case("separable_conv1d", layers.SeparableConv1D(4, 3, depth_multiplier=2), steps)
    case("separable_conv1d_same", layers.SeparableConv1D(4, 3, padding="same", activation="relu"), steps)
    case("separable_conv1d_strides", layers.SeparableConv1D(2, 2, strides=2, padding="same"), steps)
    case("conv1d_transpose", layers.Conv1DTranspose(4, 3), steps)
    case("conv1d_transpose_strides", layers.Conv1DTranspose(4, 4, strides=3), steps)
    case("conv1d_transpose_same", layers.Conv1DTranspose(2, 3, strides=2, padding="same", activation="relu"), steps)
    case("conv1d_transpose_output_padding", layers.Conv1DTranspose(2, 3, strides=2, output_padding=1), steps)
    case("zero_padding1d", layers.ZeroPadding1D((2, 1)), steps)
    case("zero_padding1d_both", layers.ZeroPadding1D(2), steps)
    case("cropping1d", layers.Cropping1D((2, 1)), steps)
    case("up_sampling1d", layers.UpSampling1D(3), steps)
    case("spatial_dropout1d_zero", layers.SpatialDropout1D(0.0), steps)


def others():
    case("elu", layers.ELU(), (3, 9))
    case("elu_alpha", layers.ELU(alpha=0.3), (3, 9))
    case("identity", layers.Identity(), (3, 4))
    case("gaussian_noise_zero", layers.GaussianNoise(0.0), (3, 4))
    case("gaussian_dropout_zero", layers.GaussianDropout(0.0, seed=7), (3, 4))
    case("alpha_dropout_zero", layers.AlphaDropout(0.0), (3, 4))
    case("spatial_dropout2d_zero", layers.SpatialDropout2D(0.0, seed=3), (2, 3, 4, 2))
    case("activity_regularization", layers.ActivityRegularization(l1=0.1, l2=0.2), (3, 4))
    case("unit_normalization", layers.UnitNormalization(), (4, 5))
    case("unit_normalization_axes", layers.UnitNormalization(axis=[1, 2]), (2, 3, 4))
    case("group_normalization", layers.GroupNormalization(groups=3), (2, 4, 5, 6))
    case("group_normalization_rows", layers.GroupNormalization(groups=2), (3, 8))
    case("group_normalization_one", layers.GroupNormalization(groups=1, center=False, epsilon=1e-2), (2, 3, 4))
    case("group_normalization_each", layers.GroupNormalization(groups=-1, scale=False), (2, 3, 4))
    case("group_normalization_axis1", layers.GroupNormalization(groups=2, axis=1), (2, 4, 3, 5))
    case("rms_normalization", layers.RMSNormalization(), (3, 5))
    case("rms_normalization_axes", layers.RMSNormalization(axis=[-2, -1], epsilon=1e-3), (2, 3, 4))


def attention():
    two, three = [(2, 4, 3), (2, 5, 3)], [(2, 4, 3), (2, 5, 6), (2, 5, 3)]
    query_mask, value_mask = np.array([[1, 1, 1, 0], [1, 0, 1, 1]]) > 0, np.array([[1, 1, 1, 0, 0], [0, 1, 1, 1, 1]]) > 0
    scores, causal = {"return_attention_scores": True}, {"use_causal_mask": True}
    multi("attention_dot", layers.Attention(), two)
    multi("attention_dot_scale_key", layers.Attention(use_scale=True), three)
    multi("attention_dot_masks", layers.Attention(), two, masks=[query_mask, value_mask])
    multi("attention_dot_causal", layers.Attention(), two, flags=causal)
    multi("attention_dot_scores", layers.Attention(), three, flags={**scores, **causal})
    multi("attention_dot_concat", layers.Attention(score_mode="concat", use_scale=True), three, masks=[None, value_mask, None])
    multi("attention_additive", layers.AdditiveAttention(), three)
    multi("attention_additive_masks", layers.AdditiveAttention(use_scale=False), two, masks=[query_mask, value_mask])


def main():
    volumes()
    sequences()
    others()
    attention()


if __name__ == "__main__":
    main()
