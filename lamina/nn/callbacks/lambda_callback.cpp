// LambdaCallback and TerminateOnNaN.
#include "lamina/nn/callbacks/lambda_callback.h"

#include <cmath>

#include "lamina/base/error.h"
#include "lamina/base/log.h"
#include "lamina/nn/finite.h"
#include "lamina/nn/model.h"

namespace lamina {

LambdaCallback::LambdaCallback(LambdaCallbackOptions functions) : functions_(std::move(functions)) {}

void LambdaCallback::on_epoch_begin(int epoch, const Logs& logs) {
  if (functions_.on_epoch_begin) functions_.on_epoch_begin(epoch, logs);
}
void LambdaCallback::on_epoch_end(int epoch, const Logs& logs) {
  if (functions_.on_epoch_end) functions_.on_epoch_end(epoch, logs);
}
void LambdaCallback::on_train_begin(const Logs& logs) {
  if (functions_.on_train_begin) functions_.on_train_begin(logs);
}
void LambdaCallback::on_train_end(const Logs& logs) {
  if (functions_.on_train_end) functions_.on_train_end(logs);
}
void LambdaCallback::on_batch_begin(int64_t batch, const Logs& logs) {
  if (functions_.on_train_batch_begin) functions_.on_train_batch_begin(batch, logs);
}
void LambdaCallback::on_batch_end(int64_t batch, const Logs& logs) {
  if (functions_.on_train_batch_end) functions_.on_train_batch_end(batch, logs);
}

void TerminateOnNaN::on_batch_end(int64_t batch, const Logs& logs) {
  const std::optional<double> loss = logs.find("loss");
  if (!loss || std::isfinite(*loss)) return;
  const std::string what = describe(History::BadLoss{epoch_, batch});
  if (options_.raise_error) throw InvalidArgument(what);
  if (run().verbose > 0) warn(what + ": ending training");
  model().stop_training = true;
}

}  // namespace lamina
