// A list of files, a function that reads one, and the stages around it.
#include "lamina/zoo/image_dataset.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <memory>
#include <mutex>

#include "lamina/backend/backend.h"
#include "lamina/base/error.h"
#include "lamina/base/log.h"
#include "lamina/image/detail/read_resized.h"
#include "lamina/ops/detail/resize.h"
#include "lamina/ops/transpose.h"
#include "lamina/zoo/detail/file_index.h"
#include "lamina/zoo/image_folder.h"

namespace lamina {
namespace {

using detail::FileIndex;
using detail::LabelledFile;

const char* const kName = "image_dataset_from_directory";

[[noreturn]] void fail(const std::string& what) { throw InvalidArgument(kName + (": " + what)); }

void check_one_of(const char* option, const std::string& value, const std::vector<std::string>& known) {
  if (std::find(known.begin(), known.end(), value) == known.end())
    fail("unknown " + std::string(option) + " '" + value + "'" + suggest(value, known));
}

void check(const ImageDatasetOptions& o) {
  check_one_of("color_mode", o.color_mode, {"rgb", "grayscale", "rgba"});
  check_one_of("interpolation", o.interpolation, detail::interpolations());
  check_one_of("data_format", o.data_format, {"channels_last", "channels_first"});
  check_one_of("on_error", o.on_error, {"raise", "skip"});
  check_one_of("dct_method", o.dct_method, {"fast", "accurate"});
  const auto [height, width] = o.image_size;
  constexpr int64_t kMost = 1 << 15;
  if (std::min(height, width) < 1 || std::max(height, width) > kMost)
    fail("image_size must be from 1 to " + std::to_string(kMost) + "; got " + std::to_string(height) +
         " and " + std::to_string(width));
  if (o.crop_to_aspect_ratio && o.pad_to_aspect_ratio)
    fail("crop_to_aspect_ratio and pad_to_aspect_ratio exclude each other");
}

detail::FileKind images() {
  return {kName, "images", detail::image_format_names() + ", named so (.jpg, .png, ...)", is_image_name};
}

FileIndex find_files(const std::string& directory, const ImageDatasetOptions& o) {
  check(o);
  return detail::index_directory(directory, images(), detail::FileIndexOptions::of(o));
}

/// Memory of batches that are no longer used, for the next ones: to clear new memory takes the system as long
/// as resizing takes us. Shared by threads, and by the batches themselves.
class BatchMemory : public std::enable_shared_from_this<BatchMemory> {
 public:
  std::shared_ptr<Buffer> take(size_t bytes) {
    std::unique_ptr<Buffer> buffer;
    {
      const std::lock_guard lock(mutex_);
      const auto found =
          std::find_if(free_.begin(), free_.end(), [&](const auto& b) { return b->bytes() == bytes; });
      if (found != free_.end()) {
        buffer = std::move(*found);
        free_.erase(found);
      }
    }
    if (!buffer) buffer = std::make_unique<Buffer>(Device{}, bytes);
    return {buffer.release(), [self = shared_from_this()](Buffer* used) { self->give(used); }};
  }

 private:
  void give(Buffer* used) {
    std::unique_ptr<Buffer> buffer(used);
    const std::lock_guard lock(mutex_);
    constexpr size_t kMost = 16;  // more than are under way at once: a pass gives all back at its end
    if (free_.size() < kMost) free_.push_back(std::move(buffer));
  }

  std::mutex mutex_;
  std::vector<std::unique_ptr<Buffer>> free_;
};

/// Makes batches, or samples, of files. Shared by the threads of a pipeline.
class Reading {
 public:
  Reading(FileIndex index, const ImageDatasetOptions& o)
      : index_(std::move(index)),
        o_(o),
        read_{.channels = o.color_mode == "rgb"    ? 3
                          : o.color_mode == "rgba" ? 4
                                                   : 1,
              .size = o.image_size,
              .interpolation = o.interpolation,
              .crop_to_aspect_ratio = o.crop_to_aspect_ratio,
              .pad_to_aspect_ratio = o.pad_to_aspect_ratio,
              .exif_orientation = o.exif_orientation,
              .decode = {.fast_dct = o.dct_method == "fast",
                         .grey = o.dct_method == "fast" && o.color_mode == "grayscale",
                         .alpha = o.color_mode == "rgba"}},
        classes_(index_.classes()),
        warned_(std::make_unique<std::atomic<bool>[]>(index_.files.size())) {}

  /// Samples (count, ...) for numbers (count,), or one for a scalar. Those that are left out are missing.
  Element samples(const Tensor& numbers) const {
    const int64_t pixels = read_.size[0] * read_.size[1] * read_.channels;
    std::vector<int64_t> dims{read_.size[0], read_.size[1], read_.channels};
    auto buffer = memory_->take(static_cast<size_t>(numbers.size() * pixels) * sizeof(float));
    std::vector<int32_t> labels;
    for (const int64_t number : numbers.to_vector<int64_t>()) {
      auto* to = static_cast<float*>(buffer->data()) + static_cast<int64_t>(labels.size()) * pixels;
      if (read(number, to)) labels.push_back(index_.files[static_cast<size_t>(number)].label);
    }
    if (labels.empty()) return {{Tensor::from(std::vector<float>{}, Shape{0})}, {}, {}};
    const bool batch = numbers.shape().rank() > 0;
    if (batch) dims.insert(dims.begin(), numbers.size());
    Tensor x = Tensor::wrap(std::move(buffer), {DType::kFloat32, Shape(dims)});
    if (o_.data_format == "channels_first") x = batch ? transpose(x, {0, 3, 1, 2}) : transpose(x, {2, 0, 1});
    Element element{{x}, {}, {}};
    if (o_.label_mode != "none") element.y = {detail::file_targets(labels, o_.label_mode, classes_, batch)};
    return element;
  }

 private:
  /// False where the file is left out.
  bool read(int64_t number, float* to) const {
    const LabelledFile& file = index_.files[static_cast<size_t>(number)];
    try {
      detail::read_resized(index_.tree->read(file.path), index_.tree->shown(file.path), read_, to);
      return true;
    } catch (const FileError& error) {
      if (o_.on_error != "skip")
        throw FileError(std::string(error.what()) +
                        "; image::check_folder lists all such files, on_error = \"skip\" leaves them out");
      if (!warned_[static_cast<size_t>(number)].exchange(true))
        warn(std::string("left out: ") + error.what());
      return false;
    }
  }

  const FileIndex index_;
  const ImageDatasetOptions o_;
  const detail::ReadResized read_;
  const int64_t classes_;
  const std::unique_ptr<std::atomic<bool>[]> warned_;
  const std::shared_ptr<BatchMemory> memory_ = std::make_shared<BatchMemory>();
};

ImageDataset pipeline(const FileIndex& index, const ImageDatasetOptions& o) {
  const auto count = static_cast<int64_t>(index.files.size());
  const auto reading = std::make_shared<const Reading>(index, o);
  Dataset all = Dataset::range(count);
  if (o.shuffle) all = all.shuffle(count, {.seed = o.seed});
  // Each thread makes whole batches, which need not be put together then; but not where files may be left
  // out.
  const bool skip = o.on_error == "skip", whole = o.batch_size > 0 && !skip;
  if (whole) all = all.batch(o.batch_size);
  all = all.map([reading](Element numbers) { return reading->samples(numbers.x[0]); },
                {.num_parallel_calls = o.num_parallel_calls});
  if (skip) all = all.filter([](const Element& element) { return element.x[0].size() > 0; });
  if (skip && o.batch_size > 0) all = all.batch(o.batch_size);
  std::vector<std::string> paths;
  for (const LabelledFile& file : index.files) paths.push_back(index.tree->shown(file.path));
  return {all.prefetch(kAutotune), index.class_names, std::move(paths)};
}

ImageDataset part_of(FileIndex index, const std::string& directory, const ImageDatasetOptions& o) {
  detail::take_part(directory, images(), detail::FileIndexOptions::of(o), index.files);
  return pipeline(index, o);
}

}  // namespace

ImageDataset image_dataset_from_directory(const std::string& directory, const ImageDatasetOptions& options) {
  return part_of(find_files(directory, options), directory, options);
}

std::pair<ImageDataset, ImageDataset> image_datasets_from_directory(const std::string& directory,
                                                                    ImageDatasetOptions options) {
  options.subset = "training";
  const FileIndex index = find_files(directory, options);
  ImageDataset training = part_of(index, directory, options);
  // Validation comes in one order, as in Keras; the files are shuffled all the same.
  options.subset = "validation";
  options.shuffle = false;
  return {std::move(training), part_of(index, directory, options)};
}

}  // namespace lamina
