// The registry of formats of arrays, and which of them a file is of.
#include "lamina/formats/weight_format.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <memory>
#include <utility>

#include "lamina/base/error.h"
#include "lamina/formats/detail/nan_names.h"
#include "lamina/formats/detail/reading.h"

namespace lamina {
namespace {

constexpr size_t kStart = 4096;

std::vector<WeightFormat>& all() {
  static std::vector<WeightFormat> formats;
  return formats;
}

// ".weights.h5" before ".h5": the longest one that fits.
bool has_extension(const WeightFormat& format, std::string path) {
  std::transform(path.begin(), path.end(), path.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::any_of(format.extensions.begin(), format.extensions.end(),
                     [&](const std::string& extension) { return path.ends_with(extension); });
}

std::string list_extensions(bool written) {
  std::string list;
  for (const WeightFormat& format : weight_formats()) {
    if (written && !format.write) continue;
    for (const std::string& extension : format.extensions) list += (list.empty() ? "" : ", ") + extension;
  }
  return list;
}

std::string start_of(const std::string& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) throw FileError("'" + path + "' does not exist");
  if (!std::filesystem::is_regular_file(status)) throw FileError("'" + path + "' is not a file");
  std::ifstream file(path, std::ios::binary);
  if (!file) throw FileError("cannot open '" + path + "'");
  std::string start(kStart, '\0');
  file.read(start.data(), static_cast<std::streamsize>(start.size()));
  start.resize(static_cast<size_t>(file.gcount()));
  return start;
}

const WeightFormat& format_of(const std::string& path) {
  std::error_code error;
  const bool folder = std::filesystem::is_directory(path, error);
  const std::string start = folder ? "" : start_of(path);
  for (const WeightFormat& format : weight_formats()) {
    if (!start.empty() && format.recognises && format.recognises(start)) return format;
    if (folder && format.is_in && format.is_in(path)) return format;
  }
  for (const WeightFormat& format : weight_formats()) {
    if (folder ? format.name == "safetensors" : has_extension(format, path)) return format;
  }
  throw FileError("'" + path + "' is of no format of weights that is known here: " + list_extensions(false));
}

}  // namespace

bool register_weight_format(WeightFormat format) {
  const auto place =
      std::upper_bound(all().begin(), all().end(), format,
                       [](const WeightFormat& a, const WeightFormat& b) { return a.name < b.name; });
  all().insert(place, std::move(format));
  return true;
}

const std::vector<WeightFormat>& weight_formats() { return all(); }

WeightSnapshot open_weights(const std::string& path) {
  return detail::reading(path, [&] {
    const WeightFormat& format = format_of(path);
    WeightSnapshot snapshot = format.open(path);
    snapshot.source = path;
    snapshot.format = format.name;
    for (SnapshotEntry& entry : snapshot.entries) {
      // Whoever reads later shall know which file it was, too.
      entry.read = [path, read = std::move(entry.read)] { return detail::reading(path, read); };
    }
    return snapshot;
  });
}

const WeightFormat& find_weight_writer(const std::string& path) {
  for (const WeightFormat& format : weight_formats()) {
    if (format.write && has_extension(format, path)) return format;
  }
  throw InvalidArgument("'" + path + "': weights are written to files that end in one of " +
                        list_extensions(true));
}

std::vector<std::string> write_weights(const std::string& path, const WeightSnapshot& snapshot,
                                       const std::string& dtype) {
  const WeightFormat& format = find_weight_writer(path);
  const std::vector<std::string> floats = {"float16", "bfloat16", "float32", "float64"};
  const auto contains = [&](const std::vector<std::string>& list) {
    return std::find(list.begin(), list.end(), dtype) != list.end();
  };
  // What is written is looked at on its way.
  const auto with_nan = std::make_shared<detail::NanNames>();
  WeightSnapshot looked_at = snapshot;
  for (SnapshotEntry& entry : looked_at.entries) {
    entry.read = [with_nan, name = entry.name, read = std::move(entry.read)] {
      Tensor array = read();
      with_nan->look(name, array);
      return array;
    };
  }
  const auto write = [&](const WeightSnapshot& weights, const std::string& packing) {
    std::vector<std::string> told = format.write(path, weights, packing);
    with_nan->warn_about(snapshot.source);
    return told;
  };
  if (dtype.empty() || contains(format.packings)) return write(looked_at, dtype);
  if (!contains(floats)) {
    std::vector<std::string> known = floats;
    known.insert(known.end(), format.packings.begin(), format.packings.end());
    throw InvalidArgument("'" + path + "': " + format.name + " files hold no '" + dtype + "'" +
                          suggest(dtype, known));
  }
  adapt(looked_at, {cast_floats(dtype_from_name(dtype))});
  return write(looked_at, "");
}

}  // namespace lamina
