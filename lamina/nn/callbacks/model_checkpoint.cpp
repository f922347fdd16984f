// ModelCheckpoint, and the fields of its path.
#include "lamina/nn/callbacks/model_checkpoint.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/base/log.h"
#include "lamina/nn/finite.h"
#include "lamina/nn/model.h"

namespace lamina {
namespace detail {
namespace {

// One field's text from its format, which is checked here because printf would trust it. `whole`: the value
// is an int in Python, and prints without a point.
std::string format_field(const std::string& pattern, const std::string& format, double value, bool whole) {
  size_t at = 0;
  const auto digits = [&] {
    const size_t first = at;
    while (at < format.size() && format[at] >= '0' && format[at] <= '9') ++at;
    if (at - first > 2) throw InvalidArgument("path '" + pattern + "': field too wide in '" + format + "'");
    return format.substr(first, at - first);
  };
  const bool zeros = at < format.size() && format[at] == '0';
  const std::string width = digits();
  std::string precision;
  if (at < format.size() && format[at] == '.') {
    ++at;
    precision = digits();
  }
  const char kind = at < format.size() ? format[at++] : '\0';
  if (at != format.size() || (kind && std::string("dfeg%").find(kind) == std::string::npos)) {
    throw InvalidArgument("path '" + pattern + "': cannot read the format '" + format + "'");
  }
  if (kind == 'd' && !whole) {
    throw InvalidArgument("path '" + pattern + "': '" + format +
                          "' is for whole numbers, which epoch and batch are");
  }
  std::string directive =
      std::string("%") + (zeros ? "0" : "") + (width.empty() ? "" : std::to_string(std::stoi(width)));
  char text[512];
  if (kind == 'd' || (!kind && precision.empty() && whole)) {
    std::snprintf(text, sizeof text, (directive + "lld").c_str(), static_cast<long long>(value));
    return text;
  }
  if (!kind && precision.empty()) {
    const std::string plain = python_number(value);
    const size_t columns = width.empty() ? 0 : static_cast<size_t>(std::stoi(width));
    return std::string(columns - std::min(columns, plain.size()), zeros ? '0' : ' ') + plain;
  }
  directive += "." + (precision.empty() ? std::string("6") : precision);
  directive += kind == '%' ? 'f' : kind ? kind : 'g';
  std::snprintf(text, sizeof text, directive.c_str(), kind == '%' ? value * 100 : value);
  return kind == '%' ? std::string(text) + "%" : text;
}

}  // namespace

std::string format_path(const std::string& pattern, const Logs& values) {
  std::string result;
  for (size_t at = 0; at < pattern.size(); ++at) {
    const char c = pattern[at];
    const bool doubled = (c == '{' || c == '}') && pattern.substr(at, 2) == std::string(2, c);
    if (doubled) ++at;  // stands for one brace
    if (c == '}' && !doubled) throw InvalidArgument("path '" + pattern + "': a brace is not opened");
    if (c != '{' || doubled) {
      result += c;
      continue;
    }
    const size_t end = pattern.find('}', at);
    if (end == std::string::npos) throw InvalidArgument("path '" + pattern + "': a brace is not closed");
    const std::string field = pattern.substr(at + 1, end - at - 1);
    const size_t colon = field.find(':');
    const std::string name = field.substr(0, colon);
    const std::optional<double> value = values.find(name);
    if (!value) {
      std::vector<std::string> known;
      for (const auto& item : values.items()) known.push_back(item.first);
      throw InvalidArgument("path '" + pattern + "': there is no '" + name + "'" + suggest(name, known));
    }
    const bool whole = name == "epoch" || name == "batch";
    result += format_field(pattern, colon == std::string::npos ? "" : field.substr(colon + 1), *value, whole);
    at = end;
  }
  return result;
}

}  // namespace detail

ModelCheckpoint::ModelCheckpoint(std::string path, ModelCheckpointOptions options)
    : path_(std::move(path)),
      options_(std::move(options)),
      monitor_(options_.monitor, options_.mode, 0),
      best_(options_.initial_value_threshold) {
  find_model_format(path_);
  if (options_.save_freq < 0) throw InvalidArgument("ModelCheckpoint: save_freq must not be negative");
}

void ModelCheckpoint::make_folder_of(const std::string& path) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  std::error_code error;
  if (!folder.empty()) std::filesystem::create_directories(folder, error);
  if (error) throw FileError(folder.string() + ": cannot create the folder: " + error.message());
}

// What cannot be written is told now, and not after the first epoch.
void ModelCheckpoint::on_train_begin(const Logs&) {
  began_finite_ = all_finite(model());
  if (path_.find_first_of("{}") != std::string::npos) return;
  make_folder_of(path_);
  AtomicFile{path_};
}

void ModelCheckpoint::on_epoch_begin(int epoch, const Logs&) { epoch_ = epoch; }

void ModelCheckpoint::on_batch_end(int64_t batch, const Logs& logs) {
  if (options_.save_freq == 0 || ++batches_ < options_.save_freq) return;
  batches_ = 0;
  save(epoch_, batch, logs);
}

void ModelCheckpoint::on_epoch_end(int epoch, const Logs& logs) {
  if (options_.save_freq == 0) save(epoch, std::nullopt, logs);
}

// A model that is no good any more must not take the place of one that may be.
bool ModelCheckpoint::keeps_older(const std::string& path) {
  std::error_code ignored;
  if (!began_finite_ || !std::filesystem::exists(path, ignored) || all_finite(model())) return false;
  if (!kept_)
    warn("ModelCheckpoint: the model has weights that are NaN or infinite: '" + path + "' stays as it is");
  kept_ = true;
  return true;
}

void ModelCheckpoint::save(int epoch, std::optional<int64_t> batch, const Logs& logs) {
  Logs fields;
  for (const auto& [name, value] : logs.items()) fields.set(name, value);
  fields.set("epoch", epoch + 1);
  if (batch) fields.set("batch", static_cast<double>(*batch + 1));
  const std::string path = detail::format_path(path_, fields);
  if (keeps_older(path)) return;

  if (options_.save_best_only) {
    const std::optional<double> current = logs.find(options_.monitor);
    if (!current) {
      warn("ModelCheckpoint watches '" + options_.monitor +
           "', which this training does not log; saving anyway");
    } else if (std::isnan(*current) || !monitor_.improved(*current, best_, model())) {
      if (options_.verbose > 0) {
        std::printf("\nEpoch %d: %s did not improve from %.5f\n", epoch + 1, options_.monitor.c_str(),
                    best_.value_or(*current));
      }
      return;
    } else {
      char before[64] = "None";
      if (best_) std::snprintf(before, sizeof before, "%.5f", *best_);
      if (options_.verbose > 0) {
        std::printf("\nEpoch %d: %s improved from %s to %.5f, saving model to %s\n", epoch + 1,
                    options_.monitor.c_str(), before, *current, path.c_str());
      }
      best_ = *current;
    }
  } else if (options_.verbose > 0) {
    std::printf("\nEpoch %d: saving model to %s\n", epoch + 1, path.c_str());
  }
  make_folder_of(path);
  model().save(path);
  last_path_ = path;
}

std::vector<NamedTensor> ModelCheckpoint::state() const {
  std::vector<NamedTensor> state = {{"batches", Tensor::from<int64_t>({batches_})}};
  if (best_) state.push_back({"best", Tensor::from<double>({*best_})});
  return state;
}

void ModelCheckpoint::set_state(const std::vector<NamedTensor>& state) {
  for (const NamedTensor& tensor : state) {
    if (tensor.name == "batches") batches_ = tensor.value.item<int64_t>();
    if (tensor.name != "best") continue;
    const double best = tensor.value.item<double>();
    if (!std::isnan(best)) best_ = best;
  }
}

}  // namespace lamina
