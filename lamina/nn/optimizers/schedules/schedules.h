// All learning-rate schedules.
#pragma once

#include "lamina/nn/optimizers/schedules/cosine_decay.h"
#include "lamina/nn/optimizers/schedules/cosine_decay_restarts.h"
#include "lamina/nn/optimizers/schedules/exponential_decay.h"
#include "lamina/nn/optimizers/schedules/inverse_time_decay.h"
#include "lamina/nn/optimizers/schedules/piecewise_constant_decay.h"
#include "lamina/nn/optimizers/schedules/polynomial_decay.h"
