// All layers.
#pragma once

#include "lamina/nn/layers/activation.h"
#include "lamina/nn/layers/batch_normalization.h"
#include "lamina/nn/layers/conv2d.h"
#include "lamina/nn/layers/dense.h"
#include "lamina/nn/layers/dropout.h"
#include "lamina/nn/layers/flatten.h"
#include "lamina/nn/layers/global_average_pooling2d.h"
#include "lamina/nn/layers/input_layer.h"
#include "lamina/nn/layers/pooling2d.h"
#include "lamina/nn/layers/relu.h"
#include "lamina/nn/layers/rescaling.h"
#include "lamina/nn/layers/reshape.h"
#include "lamina/nn/layers/softmax.h"
