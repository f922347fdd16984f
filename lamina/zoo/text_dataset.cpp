// Texts of files, and the pipeline behind what encodes them.
#include "lamina/zoo/text_dataset.h"

#include <algorithm>
#include <memory>

#include "lamina/base/error.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/take.h"
#include "lamina/zoo/detail/file_index.h"
#include "lamina/zoo/detail/text_folder.h"

namespace lamina {
namespace {

detail::FileKind text_files() {
  return {"text_dataset_from_directory", "text files", "text, named so (.txt)", detail::is_text_file_name};
}

detail::FileIndex find_files(const std::string& directory, const TextDatasetOptions& o) {
  if (o.max_length && *o.max_length < 1)
    throw InvalidArgument("text_dataset_from_directory: max_length must be 1 or more; got " +
                          std::to_string(*o.max_length));
  return detail::index_directory(directory, text_files(), detail::FileIndexOptions::of(o));
}

TextDataset part_of(detail::FileIndex index, const std::string& directory, const TextDatasetOptions& o) {
  const int64_t classes = index.classes();
  detail::take_part(directory, text_files(), detail::FileIndexOptions::of(o), index.files);
  TextDataset data{
      .class_names = index.class_names, .batch_size = o.batch_size, .shuffle = o.shuffle, .seed = o.seed};
  std::vector<int32_t> labels;
  for (const detail::LabelledFile& file : index.files) {
    data.file_paths.push_back(index.tree->shown(file.path));
    labels.push_back(file.label);
  }
  data.texts = detail::read_texts(*index.tree, index.files);
  if (o.max_length) {
    for (std::string& text : data.texts)
      text.resize(std::min(text.size(), static_cast<size_t>(*o.max_length)));
  }
  if (o.label_mode != "none") data.y = detail::file_targets(labels, o.label_mode, classes, true);
  return data;
}

}  // namespace

Dataset TextDataset::encoded(std::function<Tensor(const std::vector<std::string>& texts)> encode) const {
  const auto count = static_cast<int64_t>(texts.size());
  Dataset all = Dataset::range(count);
  if (shuffle) all = all.shuffle(count, {.seed = seed});
  if (batch_size > 0) all = all.batch(batch_size);
  const auto own = std::make_shared<const std::vector<std::string>>(texts);
  return all
      .map(
          [own, y = y, encode = std::move(encode)](Element numbers) {
            const Tensor& places = numbers.x[0];
            const bool batch = places.rank() > 0;
            std::vector<std::string> some;
            for (const int64_t number : places.to_vector<int64_t>())
              some.push_back((*own)[static_cast<size_t>(number)]);
            const Tensor x = encode(some);
            const std::vector<int64_t> one(x.shape().begin() + 1, x.shape().end());
            Element element{{batch ? x : reshape(x, Shape(one))}, {}, {}};
            if (y.defined()) element.y = {take(y, places, 0)};
            return element;
          },
          {.num_parallel_calls = kAutotune})
      .prefetch(kAutotune);
}

TextDataset text_dataset_from_directory(const std::string& directory, const TextDatasetOptions& options) {
  return part_of(find_files(directory, options), directory, options);
}

std::pair<TextDataset, TextDataset> text_datasets_from_directory(const std::string& directory,
                                                                 TextDatasetOptions options) {
  options.subset = "training";
  const detail::FileIndex index = find_files(directory, options);
  TextDataset training = part_of(index, directory, options);
  options.subset = "validation";
  options.shuffle = false;
  return {std::move(training), part_of(index, directory, options)};
}

}  // namespace lamina
