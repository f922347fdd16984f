// TensorBoard: event files, records of messages Event in protocol buffers.
// https://github.com/tensorflow/tensorboard/blob/master/tensorboard/compat/proto/event.proto
#include "lamina/formats/tensor_board.h"

#include <unistd.h>

#include <atomic>
#include <bit>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>

#include "lamina/base/error.h"
#include "lamina/formats/detail/tensor_bundle.h"
#include "lamina/nn/model.h"

namespace lamina {
namespace {

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

template <class Number>
void append_little(std::string& text, Number value) {
  for (size_t i = 0; i < sizeof value; ++i) text += static_cast<char>(value >> (8 * i) & 255);
}

void append_varint(std::string& text, uint64_t value) {
  for (; value >= 128; value >>= 7) text += static_cast<char>(value | 128);
  text += static_cast<char>(value);
}

// Fields of a message: numbers of varying length, of 32 and 64 bits, and bytes.
void append_integer(std::string& message, uint64_t field, uint64_t value) {
  append_varint(message, field << 3);
  append_varint(message, value);
}

void append_bytes(std::string& message, uint64_t field, std::string_view bytes) {
  append_varint(message, field << 3 | 2);
  append_varint(message, bytes.size());
  message += bytes;
}

std::string event_of(double wall_time, int64_t step) {
  std::string event;
  append_varint(event, 1 << 3 | 1);
  append_little(event, std::bit_cast<uint64_t>(wall_time));
  if (step != 0) append_integer(event, 2, static_cast<uint64_t>(step));
  return event;
}

// A summary of one number, as TensorFlow 2 writes it: a tensor of no axes, and that the plugin of scalars shows it.
std::string scalar_event(const std::string& tag, double value, int64_t step) {
  std::string plugin, metadata, tensor, number, entry, summary;
  append_bytes(plugin, 1, "scalars");
  append_bytes(metadata, 1, plugin);
  append_integer(metadata, 4, 1);  // DATA_CLASS_SCALAR
  append_integer(tensor, 1, 1);    // DT_FLOAT
  append_bytes(tensor, 2, "");     // no axes
  append_little(number, std::bit_cast<uint32_t>(static_cast<float>(value)));
  append_bytes(tensor, 4, number);  // tensor_content
  append_bytes(entry, 1, tag);
  append_bytes(entry, 8, tensor);
  append_bytes(entry, 9, metadata);
  append_bytes(summary, 1, entry);
  std::string event = event_of(seconds_now(), step);
  append_bytes(event, 5, summary);
  return event;
}

// As TensorFlow calls them: no two trainings share a file.
std::string event_file_name() {
  static std::atomic<int> number{0};
  char host[256] = "localhost";
  if (gethostname(host, sizeof host - 1) != 0) std::strcpy(host, "localhost");
  return "events.out.tfevents." + std::to_string(static_cast<int64_t>(seconds_now())) + "." + host + "." +
         std::to_string(getpid()) + "." + std::to_string(number++) + ".v2";
}

[[noreturn]] void cannot_write(const std::string& path) {
  throw FileError(path + ": cannot write: " + std::strerror(errno));
}

}  // namespace

namespace detail {

std::string event_record(std::string_view data) {
  std::string record;
  append_little(record, static_cast<uint64_t>(data.size()));
  append_little(record, masked_crc32c(record));
  record += data;
  append_little(record, masked_crc32c(data));
  return record;
}

}  // namespace detail

TensorBoard::TensorBoard(std::string log_dir, TensorBoardOptions options)
    : log_dir_(std::move(log_dir)), options_(options) {
  if (log_dir_.empty()) throw InvalidArgument("TensorBoard: log_dir is empty");
  if (options_.update_freq < 0) {
    throw InvalidArgument("TensorBoard: update_freq must be a number of steps, or 0 for epochs alone; received " +
                          std::to_string(options_.update_freq));
  }
}

TensorBoard::File& TensorBoard::file_of(const std::string& part) {
  File& file = files_[part];
  if (file.file) return file;
  const std::string folder = log_dir_ + "/" + part;
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) throw FileError(folder + ": cannot make this folder: " + error.message());
  file.path = folder + "/" + event_file_name();
  std::FILE* const opened = std::fopen(file.path.c_str(), "wb");
  if (!opened) cannot_write(file.path);
  file.file = std::shared_ptr<std::FILE>(opened, std::fclose);
  std::string first = event_of(seconds_now(), 0);
  append_bytes(first, 3, "brain.Event:2");
  const std::string record = detail::event_record(first);
  if (std::fwrite(record.data(), 1, record.size(), opened) != record.size()) cannot_write(file.path);
  return file;
}

void TensorBoard::scalar(const std::string& part, const std::string& tag, double value, int64_t step) {
  File& file = file_of(part);
  const std::string record = detail::event_record(scalar_event(tag, value, step));
  if (std::fwrite(record.data(), 1, record.size(), file.file.get()) != record.size()) cannot_write(file.path);
}

void TensorBoard::write(const Logs& logs, const std::string& prefix, int64_t step) {
  for (size_t i = 0; i < logs.size(); ++i) {
    const bool validation = logs.name(i).starts_with("val_");
    const std::string part = validation ? "validation" : "train";
    const std::string tag = prefix + (validation ? logs.name(i).substr(4) : logs.name(i));
    const std::optional<std::vector<double>> row = logs.row(i);
    if (!row) {
      scalar(part, tag, logs.value(i), step);
      continue;
    }
    for (size_t place = 0; place < row->size(); ++place)
      scalar(part, tag + "/" + std::to_string(place), (*row)[place], step);
  }
}

void TensorBoard::flush() {
  for (auto& [part, file] : files_) {
    if (std::fflush(file.file.get()) != 0) cannot_write(file.path);
  }
}

void TensorBoard::on_train_begin(const Logs&) {
  files_.clear();
  steps_ = 0;
  file_of("train");  // what cannot be written is said before the first epoch
  flush();
}

void TensorBoard::on_epoch_begin(int, const Logs&) {
  epoch_began_ = seconds_now();
  epoch_steps_ = 0;
}

void TensorBoard::on_batch_end(int64_t, const Logs& logs) {
  ++epoch_steps_;
  if (options_.update_freq > 0 && ++steps_ % options_.update_freq == 0) write(logs, "batch_", steps_);
}

void TensorBoard::on_epoch_end(int epoch, const Logs& logs) {
  if (files_.empty()) return;
  write(logs, "epoch_", epoch);
  if (!logs.contains("learning_rate")) scalar("train", "epoch_learning_rate", model().learning_rate(), epoch);
  if (const double seconds = seconds_now() - epoch_began_; options_.write_steps_per_second && seconds > 0)
    scalar("train", "epoch_steps_per_second", static_cast<double>(epoch_steps_) / seconds, epoch);
  flush();
}

void TensorBoard::on_train_end(const Logs&) {
  if (!files_.empty()) flush();
  files_.clear();
}

}  // namespace lamina
