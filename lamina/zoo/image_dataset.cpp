// A list of files, a function that reads one, and the stages around it.
#include "lamina/zoo/image_dataset.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <memory>
#include <mutex>
#include <set>

#include "lamina/backend/backend.h"
#include "lamina/base/error.h"
#include "lamina/base/log.h"
#include "lamina/image/detail/read_resized.h"
#include "lamina/ops/detail/resize.h"
#include "lamina/ops/transpose.h"
#include "lamina/zoo/detail/image_index.h"

namespace lamina {
namespace {

using detail::FileTree;
using detail::ImageFile;

const char* const kName = "image_dataset_from_directory: ";

[[noreturn]] void fail(const std::string& what) { throw InvalidArgument(kName + what); }

void check_one_of(const char* option, const std::string& value, const std::vector<std::string>& known) {
  if (std::find(known.begin(), known.end(), value) == known.end())
    fail("unknown " + std::string(option) + " '" + value + "'" + suggest(value, known));
}

void check(const ImageDatasetOptions& o) {
  check_one_of("label_mode", o.label_mode, {"int", "categorical", "binary", "none"});
  check_one_of("color_mode", o.color_mode, {"rgb", "grayscale", "rgba"});
  check_one_of("interpolation", o.interpolation, detail::interpolations());
  check_one_of("data_format", o.data_format, {"channels_last", "channels_first"});
  check_one_of("on_error", o.on_error, {"raise", "skip"});
  check_one_of("dct_method", o.dct_method, {"fast", "accurate"});
  if (!o.subset.empty()) check_one_of("subset", o.subset, {"training", "validation"});
  const auto [height, width] = o.image_size;
  constexpr int64_t kMost = 1 << 15;
  if (std::min(height, width) < 1 || std::max(height, width) > kMost)
    fail("image_size must be from 1 to " + std::to_string(kMost) + "; got " + std::to_string(height) +
         " and " + std::to_string(width));
  if (o.batch_size < 0)
    fail("batch_size must be 1 or more, or 0 for single samples; got " + std::to_string(o.batch_size));
  if (o.crop_to_aspect_ratio && o.pad_to_aspect_ratio)
    fail("crop_to_aspect_ratio and pad_to_aspect_ratio exclude each other");
  if (!(o.validation_split >= 0 && o.validation_split < 1))
    fail("validation_split must be between 0 and 1; got " + std::to_string(o.validation_split));
  if ((o.validation_split > 0) != !o.subset.empty())
    fail("validation_split and subset belong together: which part is it, \"training\" or \"validation\"?");
  if (o.validation_split > 0 && o.shuffle && !o.seed)
    fail("a part of shuffled files needs a seed, so that the parts have no file in common");
  if (o.seed && *o.seed > 0xffffffffu) fail("seed must be below 2^32; got " + std::to_string(*o.seed));
  if (o.labels && !o.class_names.empty())
    fail("class_names are those of folders; with labels they have no meaning");
  if (o.label_mode == "none" && !o.class_names.empty()) fail("class_names without targets have no meaning");
}

struct Index {
  std::shared_ptr<const FileTree> tree;
  std::vector<ImageFile> files;
  std::vector<std::string> class_names;
};

void find_by_class(const std::string& directory, const ImageDatasetOptions& o, Index& index) {
  const std::vector<std::string> folders = index.tree->names("", true);
  index.class_names = o.class_names.empty() ? folders : o.class_names;
  if (folders.empty())
    throw FileError(
        kName + std::string("'") + directory +
        "' has no folders, one for each class; for images without classes ask for label_mode \"none\"");
  for (size_t i = 0; i < index.class_names.size(); ++i) {
    const std::string& name = index.class_names[i];
    if (std::find(folders.begin(), folders.end(), name) == folders.end())
      fail("'" + directory + "' has no folder of the class '" + name + "'" + suggest(name, folders));
    const std::vector<std::string> paths = detail::image_paths(*index.tree, name);
    if (paths.empty())
      warn("the folder '" + index.tree->shown(name) + "' holds no images: nothing of its class is learned");
    for (const std::string& path : paths) index.files.push_back({path, static_cast<int32_t>(i)});
  }
}

void take_labels(const ImageDatasetOptions& o, const std::string& directory, Index& index) {
  if (o.labels->size() != index.files.size())
    fail("there are " + std::to_string(o.labels->size()) + " labels and " +
         std::to_string(index.files.size()) + " images in '" + directory + "'");
  for (size_t i = 0; i < index.files.size(); ++i) index.files[i].label = (*o.labels)[i];
  const std::set<int32_t> different(o.labels->begin(), o.labels->end());
  for (const int32_t label : different) {
    if (label < 0) fail("labels must not be negative; got " + std::to_string(label));
    index.class_names.push_back(std::to_string(label));
  }
}

Index find_files(const std::string& directory, const ImageDatasetOptions& o) {
  Index index{FileTree::open(directory, o.follow_links), {}, {}};
  const bool targets = o.label_mode != "none";
  if (targets && !o.labels) {
    find_by_class(directory, o, index);
  } else {
    for (const std::string& path : detail::image_paths(*index.tree, "")) index.files.push_back({path, 0});
    if (targets) take_labels(o, directory, index);
  }
  if (index.files.empty())
    throw FileError(kName + std::string("there are no images in '") + directory + "': expected files of " +
                    detail::image_format_names() + ", named so (.jpg, .png, ...)");
  if (targets && index.class_names.size() == 1)
    warn("'" + directory + "' holds the one class '" + index.class_names[0] +
         "': there is nothing to tell apart");
  if (o.label_mode == "binary" && index.class_names.size() != 2)
    fail("label_mode \"binary\" takes two classes; '" + directory + "' has " +
         std::to_string(index.class_names.size()));
  if (o.shuffle) detail::shuffle_as_numpy(index.files, static_cast<uint32_t>(o.seed.value_or(0)));
  return index;
}

/// The part that options.subset asks for: the last files are for validation.
void take_part(const std::string& directory, const ImageDatasetOptions& o, std::vector<ImageFile>& files) {
  if (o.validation_split == 0) return;
  const auto kept = static_cast<std::ptrdiff_t>(o.validation_split * static_cast<double>(files.size()));
  if (o.subset == "training") {
    files.erase(files.end() - kept, files.end());
  } else {
    files.erase(files.begin(), files.end() - kept);
  }
  if (files.empty())
    throw FileError(kName + std::string("no images of '") + directory + "' are left for " + o.subset +
                    ": validation_split is " + std::to_string(o.validation_split));
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
  Reading(Index index, const ImageDatasetOptions& o)
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
        classes_(static_cast<int64_t>(index_.class_names.size())),
        warned_(std::make_unique<std::atomic<bool>[]>(index_.files.size())) {
    for (const ImageFile& file : index_.files) classes_ = std::max<int64_t>(classes_, file.label + 1);
  }

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
    if (o_.label_mode != "none") element.y = {targets(labels, batch)};
    return element;
  }

 private:
  /// False where the file is left out.
  bool read(int64_t number, float* to) const {
    const ImageFile& file = index_.files[static_cast<size_t>(number)];
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

  Tensor targets(const std::vector<int32_t>& labels, bool batch) const {
    std::vector<int64_t> dims;
    if (batch) dims.push_back(static_cast<int64_t>(labels.size()));
    if (o_.label_mode == "int") return Tensor::from(labels, Shape(dims));
    dims.push_back(o_.label_mode == "binary" ? 1 : classes_);
    std::vector<float> rows(labels.size() * static_cast<size_t>(dims.back()));
    for (size_t i = 0; i < labels.size(); ++i) {
      if (o_.label_mode == "binary") {
        rows[i] = static_cast<float>(labels[i]);
      } else {
        rows[i * static_cast<size_t>(classes_) + static_cast<size_t>(labels[i])] = 1;
      }
    }
    return Tensor::from(rows, Shape(dims));
  }

  const Index index_;
  const ImageDatasetOptions o_;
  const detail::ReadResized read_;
  int64_t classes_;
  const std::unique_ptr<std::atomic<bool>[]> warned_;
  const std::shared_ptr<BatchMemory> memory_ = std::make_shared<BatchMemory>();
};

ImageDataset pipeline(const Index& index, const ImageDatasetOptions& o) {
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
  for (const ImageFile& file : index.files) paths.push_back(index.tree->shown(file.path));
  return {all.prefetch(kAutotune), index.class_names, std::move(paths)};
}

ImageDataset part_of(Index index, const std::string& directory, const ImageDatasetOptions& o) {
  take_part(directory, o, index.files);
  return pipeline(index, o);
}

}  // namespace

ImageDataset image_dataset_from_directory(const std::string& directory, const ImageDatasetOptions& options) {
  check(options);
  return part_of(find_files(directory, options), directory, options);
}

std::pair<ImageDataset, ImageDataset> image_datasets_from_directory(const std::string& directory,
                                                                    ImageDatasetOptions options) {
  options.subset = "training";
  check(options);
  const Index index = find_files(directory, options);
  ImageDataset training = part_of(index, directory, options);
  // Validation comes in one order, as in Keras; the files are shuffled all the same.
  options.subset = "validation";
  options.shuffle = false;
  return {std::move(training), part_of(index, directory, options)};
}

}  // namespace lamina
