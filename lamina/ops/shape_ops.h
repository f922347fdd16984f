// Umbrella for the ops that rearrange elements without computing.
#pragma once

#include "lamina/ops/broadcast_to.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/one_hot.h"
#include "lamina/ops/pad.h"
#include "lamina/ops/rearrange.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/split.h"
#include "lamina/ops/take.h"
#include "lamina/ops/transpose.h"
