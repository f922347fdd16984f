// The training loop: epochs and steps around the compiled step, callbacks, validation, stopping and resuming.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

#include "lamina/base/error.h"
#include "lamina/nn/detail/batches.h"
#include "lamina/nn/detail/model_impl.h"

namespace lamina {
namespace {

void check(const FitOptions& options) {
  const auto positive = [](const char* what, int value) {
    if (value < 1)
      throw InvalidArgument(std::string("fit: ") + what + " must be positive, received " +
                            std::to_string(value));
  };
  positive("batch_size", options.batch_size);
  positive("validation_freq", options.validation_freq);
  const auto not_negative = [](const char* what, int value) {
    if (value < 0)
      throw InvalidArgument(std::string("fit: ") + what + " must not be negative, received " +
                            std::to_string(value));
  };
  not_negative("epochs", options.epochs);
  not_negative("initial_epoch", options.initial_epoch);
  not_negative("validation_batch_size", options.validation_batch_size);
  if (options.validation_data.y.defined() && !options.validation_data.x.defined())
    throw InvalidArgument("fit: validation_data has targets y but no samples x");
  if (!(options.validation_split >= 0 && options.validation_split < 1)) {
    throw InvalidArgument("fit: validation_split must be at least 0 and below 1, received " +
                          std::to_string(options.validation_split));
  }
}

// State that callbacks of a snapshot saved, given back to those of the same class in the same order.
void restore_callbacks(const TrainingSnapshot& snapshot, const std::vector<AnyCallback>& callbacks) {
  std::map<std::string, int> seen;
  for (const AnyCallback& callback : callbacks) {
    const std::string name = callback->class_name();
    const std::string prefix = "callbacks/" + name + "/" + std::to_string(seen[name]++) + "/";
    std::vector<NamedTensor> state;
    for (const NamedTensor& tensor : snapshot.tensors) {
      if (tensor.name.rfind(prefix, 0) == 0)
        state.push_back({tensor.name.substr(prefix.size()), tensor.value});
    }
    if (!state.empty()) callback->set_state(state);
  }
}

void check_resume(const TrainingSnapshot& snapshot, int64_t samples, int64_t steps,
                  const FitOptions& options) {
  const auto same = [&](const char* what, int64_t now) {
    const int64_t then = snapshot.info.at(what).as_int();
    if (then != now) {
      throw InvalidArgument(std::string("fit: cannot resume: the snapshot was taken with ") + what + " = " +
                            std::to_string(then) + ", now it is " + std::to_string(now));
    }
  };
  same("samples", samples);
  same("batch_size", options.batch_size);
  if (snapshot.info.at("shuffle").as_bool() != options.shuffle) {
    throw InvalidArgument("fit: cannot resume: the snapshot was taken with another value of shuffle");
  }
  const auto within = [&](const char* what, int64_t most) {
    const int64_t value = snapshot.info.at(what).as_int();
    if (value < 0 || value > most) {
      throw InvalidArgument(std::string("fit: cannot resume: the snapshot's ") + what + " is " +
                            std::to_string(value) + "; 0.." + std::to_string(most) + " was expected");
    }
  };
  within("epoch", std::numeric_limits<int>::max());
  within("step", steps);
}

}  // namespace

History Model::fit(const Tensor& x, const Tensor& y, FitOptions options) {
  check(options);
  detail::ModelImpl& model = impl();
  model.require_idle("fit");
  const Tensor data = model.prepare(x, y);
  int64_t samples = data.shape()[0];
  Samples validation = options.validation_data;
  int64_t validation_first = 0;
  if (validation.x.defined()) {
    validation.x = model.checked_input(validation.x);
    model.check_targets(validation.x, validation.y);
    validation.y.eval();
    model.trainer->check_shapes(validation.y, model.output_shape);
    model.trainer->loss().check_targets(validation.y, model.output_shape);
  } else if (options.validation_split > 0) {
    const int64_t all = samples;
    samples = static_cast<int64_t>(std::floor(static_cast<double>(all) * (1 - options.validation_split)));
    if (samples < 1 || samples == all) {
      throw InvalidArgument("fit: validation_split = " + std::to_string(options.validation_split) + " of " +
                            std::to_string(all) + " samples leaves none for training or none for validation");
    }
    validation = {data, y};
    validation_first = samples;
  }

  detail::Trainer& trainer = *model.trainer;
  detail::Position& position = model.position;
  const int64_t batch_size = options.batch_size;
  const int64_t steps = (samples + batch_size - 1) / batch_size;
  if (options.resume) {
    check_resume(*options.resume, samples, steps, options);
    restore(*options.resume);
  } else {
    const uint64_t seed = options.seed ? *options.seed : detail::derived_seed(model.seed, 2 + model.fits);
    if (options.seed) trainer.seed(detail::derived_seed(*options.seed, 1));
    position.seed = detail::derived_seed(seed, 0);
    position.epoch = options.initial_epoch;
    position.step = 0;
    ++model.fits;
  }
  trainer.build_optimizer();
  position.samples = samples;
  position.batch_size = batch_size;
  position.shuffle = options.shuffle;
  position.history = std::make_shared<History>();
  position.callback_state.clear();
  position.callbacks = detail::with_progress_bar(options.callbacks, options.verbose);
  position.callbacks.insert(position.callbacks.begin(), AnyCallback(position.history));
  const std::vector<AnyCallback>& callbacks = position.callbacks;
  // Callbacks may live on the caller's stack: they are forgotten however this function ends.
  struct Forget {
    std::vector<AnyCallback>& callbacks;
    ~Forget() { callbacks.clear(); }
  } const forget{position.callbacks};
  History& history = *position.history;

  RunInfo run;
  run.epochs = options.epochs;
  run.initial_epoch = position.epoch;
  run.initial_step = position.step;
  run.steps = steps;
  run.samples = samples;
  run.batch_size = options.batch_size;
  run.validation = validation.x.defined();
  run.verbose = options.verbose;
  for (const AnyCallback& callback : callbacks) callback->attach(*this, run);

  stop_training = false;
  trainer.weights_changed();
  for (const AnyCallback& callback : callbacks) callback->on_train_begin(Logs());
  if (options.resume) restore_callbacks(*options.resume, callbacks);

  detail::Batches xs(data, batch_size), ys(y, batch_size);
  detail::LiveLogs& live = trainer.train_logs();
  const Logs batch_logs(live), no_logs;
  Logs epoch_logs;
  while (position.epoch < options.epochs && !stop_training && !history.interrupted) {
    const int epoch = position.epoch;
    const std::vector<uint32_t> order =
        options.shuffle ? detail::permutation(samples, position.seed, epoch) : std::vector<uint32_t>();
    if (position.step == 0) live.clear();
    for (const AnyCallback& callback : callbacks) callback->on_epoch_begin(epoch, no_logs);

    for (int64_t step = position.step; step < steps; ++step) {
      for (const AnyCallback& callback : callbacks) callback->on_batch_begin(step, no_logs);
      const int64_t first = step * batch_size;
      const int64_t count = std::min(batch_size, samples - first);
      if (options.shuffle) {
        const auto chosen = std::span(order).subspan(static_cast<size_t>(first), static_cast<size_t>(count));
        trainer.train(xs.gather(chosen), ys.gather(chosen));
      } else {
        trainer.train(xs.range(first, count), ys.range(first, count));
      }
      position.step = step + 1;
      if (!history.bad_loss && !std::isfinite(live.loss())) {
        history.bad_loss = History::BadLoss{epoch, step};
        if (options.on_nan == OnNan::kStop) stop_training = true;
        if (options.verbose > 0) {
          std::fprintf(stderr, "lamina: the loss is %f since step %lld of epoch %d\n", live.loss(),
                       static_cast<long long>(step + 1), epoch + 1);
        }
      }
      for (const AnyCallback& callback : callbacks) callback->on_batch_end(step, batch_logs);
      if (stop_training) break;
      if (options.stop_flag && options.stop_flag->load()) {
        history.interrupted = true;
        break;
      }
    }
    if (history.interrupted && position.step < steps) break;

    epoch_logs = Logs();
    for (size_t i = 0; i < live.size(); ++i) epoch_logs.set(live.name(i), live.value(i));
    if (validation.x.defined() && (epoch + 1) % options.validation_freq == 0) {
      model.run_test(validation.x, validation.y, validation_first,
                     options.validation_batch_size ? options.validation_batch_size : options.batch_size,
                     callbacks);
      const detail::LiveLogs& test = trainer.test_logs();
      for (size_t i = 0; i < test.size(); ++i) epoch_logs.set("val_" + test.name(i), test.value(i));
    }
    position.epoch = epoch + 1;
    position.step = 0;
    for (const AnyCallback& callback : callbacks) callback->on_epoch_end(epoch, epoch_logs);
    // Nothing is left to resume when training would have ended here anyway.
    if (stop_training || position.epoch >= options.epochs) history.interrupted = false;
  }
  for (const AnyCallback& callback : callbacks) callback->on_train_end(epoch_logs);
  trainer.weights_changed();
  position.callback_state = detail::callback_state(callbacks);
  return history;
}

}  // namespace lamina
