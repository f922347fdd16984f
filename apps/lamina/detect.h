// lamina detect: what is where in pictures.
#pragma once

#include "cli.h"

namespace lamina::cli {

/// Adds the subcommand, as those of cli.h.
void add_detect(CLI::App& app, Action& action);

}  // namespace lamina::cli
