// All callbacks.
#pragma once

#include "lamina/nn/callbacks/csv_logger.h"
#include "lamina/nn/callbacks/early_stopping.h"
#include "lamina/nn/callbacks/history.h"
#include "lamina/nn/callbacks/lambda_callback.h"
#include "lamina/nn/callbacks/learning_rate_scheduler.h"
#include "lamina/nn/callbacks/model_checkpoint.h"
#include "lamina/nn/callbacks/progress_bar.h"
#include "lamina/nn/callbacks/reduce_lr_on_plateau.h"
