// ModelCheckpoint, and the fields of its path.
#include "lamina/nn/callbacks/model_checkpoint.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <limits>

#include "lamina/base/background_file.h"
#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/base/log.h"
#include "lamina/nn/detail/file_bytes.h"
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

bool may_come_of(const std::string& pattern, const std::string& path) {
  const size_t first = pattern.find('{'), last = pattern.rfind('}');
  if (first == std::string::npos || last == std::string::npos) return path == pattern;
  const std::string head = pattern.substr(0, first), tail = pattern.substr(last + 1);
  if (path.size() < head.size() + tail.size() || !path.starts_with(head) || !path.ends_with(tail))
    return false;
  const std::string filled = path.substr(head.size(), path.size() - head.size() - tail.size());
  const auto fields = pattern.substr(first, last + 1 - first);
  return std::count(filled.begin(), filled.end(), '/') == std::count(fields.begin(), fields.end(), '/') &&
         filled.find("..") == std::string::npos;
}

}  // namespace detail

ModelCheckpoint::ModelCheckpoint(std::string path, ModelCheckpointOptions options)
    : path_(std::move(path)),
      options_(std::move(options)),
      monitor_(options_.monitor, options_.mode, 0),
      best_(options_.initial_value_threshold) {
  find_model_format(path_);
  if (options_.save_freq < 0) throw InvalidArgument("ModelCheckpoint: save_freq must not be negative");
  if (options_.max_to_keep < 0)
    throw InvalidArgument("ModelCheckpoint: max_to_keep must not be negative, received " +
                          std::to_string(options_.max_to_keep));
  if (options_.max_to_keep > 0 && path_.find('{') == std::string::npos)
    throw InvalidArgument("ModelCheckpoint: max_to_keep counts files, and '" + path_ +
                          "' is always the same one; give it a field: '{epoch:03d}.keras'");
  if (options_.training_state && !detail::find_file_bytes(path_))
    throw InvalidArgument("ModelCheckpoint: the format of '" + path_ +
                          "' has no place for the state of training; save it as .keras");
  if (options_.save_on_background) background_ = std::make_shared<BackgroundFile>();
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
    const std::optional<double> current = logs.find_number(options_.monitor, "ModelCheckpoint");
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
  remember(path, logs);
  write(path);
  last_path_ = path;
}

void ModelCheckpoint::on_train_end(const Logs&) {
  if (background_) background_->wait();
  remove_older();
}

// The bytes are made here, between two steps; what is slow is the disk.
void ModelCheckpoint::write(const std::string& path) {
  const detail::FileBytes bytes = detail::find_file_bytes(path);
  if (!bytes || (!background_ && !options_.training_state)) {
    model().save(path);
    return remove_older();
  }
  if (!background_) {
    write_file(path, bytes(model(), options_.training_state));
    return remove_older();
  }
  background_->wait();  // one at a time: memory for one file, and the newest is whole before older ones go
  remove_older();
  background_->write(path, bytes(model(), options_.training_state));
}

void ModelCheckpoint::remember(const std::string& path, const Logs& logs) {
  if (options_.max_to_keep == 0) return;
  std::erase_if(written_, [&](const Written& one) { return one.path == path; });
  written_.push_back({path, logs.find(options_.monitor).value_or(std::numeric_limits<double>::quiet_NaN())});
}

// The newest stay, and the best. While a file is being written it is no reason to remove another.
void ModelCheckpoint::remove_older() {
  if (options_.max_to_keep == 0) return;
  size_t whole = written_.size();
  std::error_code ignored;
  while (whole > 0 && !std::filesystem::exists(written_[whole - 1].path, ignored)) --whole;
  const size_t most = static_cast<size_t>(options_.max_to_keep);
  if (whole <= most) return;
  const Written* best = nullptr;
  for (size_t i = 0; i < whole; ++i) {
    if (std::isnan(written_[i].value)) continue;
    if (!best || monitor_.improved(written_[i].value, best->value, model())) best = &written_[i];
  }
  const std::string kept = best ? best->path : "";
  std::vector<Written> left;
  for (size_t i = 0; i < written_.size(); ++i) {
    if (i + most >= whole || written_[i].path == kept) {
      left.push_back(written_[i]);
    } else {
      std::filesystem::remove(written_[i].path, ignored);
    }
  }
  written_ = std::move(left);
}

std::vector<NamedTensor> ModelCheckpoint::state() const {
  std::vector<NamedTensor> state = {{"batches", Tensor::from<int64_t>({batches_})}};
  if (best_) state.push_back({"best", Tensor::from<double>({*best_})});
  for (size_t i = 0; i < written_.size(); ++i) {
    const std::string& path = written_[i].path;
    const std::string name = "written/" + std::to_string(i);
    state.push_back({name, Tensor::from(std::vector<uint8_t>(path.begin(), path.end()),
                                        {static_cast<int64_t>(path.size())})});
    state.push_back({name + "/value", Tensor::from<double>({written_[i].value})});
  }
  return state;
}

void ModelCheckpoint::set_state(const std::vector<NamedTensor>& state) {
  written_.clear();
  for (const NamedTensor& tensor : state) {
    if (tensor.name.starts_with("written/")) {
      if (!tensor.name.ends_with("/value")) {
        const auto text = tensor.value.to_vector<uint8_t>();
        const std::string path(text.begin(), text.end());
        if (!detail::may_come_of(path_, path))
          throw InvalidArgument("ModelCheckpoint: the state says that '" + path.substr(0, 200) +
                                "' was written as '" + path_ + "', which cannot be");
        written_.push_back({path, std::nan("")});
      } else if (!written_.empty()) {
        written_.back().value = tensor.value.item<double>();
      }
      continue;
    }
    if (tensor.name == "batches") batches_ = tensor.value.item<int64_t>();
    if (tensor.name != "best") continue;
    const double best = tensor.value.item<double>();
    if (!std::isnan(best)) best_ = best;
  }
}

}  // namespace lamina
