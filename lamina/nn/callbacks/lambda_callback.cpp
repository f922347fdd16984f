// TerminateOnNaN.
#include "lamina/nn/callbacks/lambda_callback.h"

#include <cmath>

#include "lamina/base/error.h"
#include "lamina/base/log.h"
#include "lamina/nn/finite.h"
#include "lamina/nn/model.h"

namespace lamina {

void TerminateOnNaN::on_batch_end(int64_t batch, const Logs& logs) {
  const std::optional<double> loss = logs.find("loss");
  if (!loss || std::isfinite(*loss)) return;
  const std::string what = describe(History::BadLoss{epoch_, batch});
  if (options_.raise_error) throw InvalidArgument(what);
  if (run().verbose > 0) warn(what + ": ending training");
  model().stop_training = true;
}

}  // namespace lamina
