// The line that shows how far an epoch has come: a pure function from numbers to text.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "lamina/base/terminal.h"

namespace lamina {

/// How far an epoch (or an evaluation) has come.
struct Progress {
  int64_t step = 0;                                    ///< steps done
  int64_t total = 0;                                   ///< steps in all; 0 when unknown
  double seconds = 0;                                  ///< since the epoch began
  double seconds_per_step = 0;                         ///< of the steps alone; 0: seconds / step
  std::vector<std::pair<std::string, double>> values;  ///< loss and metrics, in the order to show them
  bool finished = false;                               ///< show the time taken rather than the time left
};

/// One line, without a newline, of fewer columns than the terminal has, so that it never wraps:
///   "142/469 ━━━━━━╺━━━━━━━━━━━━━ 3s 9ms/step - accuracy: 0.8121 - loss: 0.5204"
/// On narrow terminals the bar shrinks first, then ms/step goes, then the last values.
std::string progress_line(const Progress& progress, const Terminal& terminal);

/// The plain line of one epoch for logs: "Epoch 1/10 - 5s - 11ms/step - accuracy: 0.8121 - loss: 0.5204".
std::string epoch_line(int epoch, int epochs, const Progress& progress);

/// "0.8121", "1.2e-05", "nan": four significant decimals, as Keras prints metrics.
std::string format_metric(double value);
/// "11s", "2:05", "1:02:03".
std::string format_duration(double seconds);
/// "340us/step", "11ms/step", "2.50s/step".
std::string format_step_time(double seconds);

}  // namespace lamina
