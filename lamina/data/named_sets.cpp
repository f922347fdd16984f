// MNIST and Fashion-MNIST: where their files lie, and what their classes are called.
#include "lamina/data/named_sets.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "lamina/base/error.h"
#include "lamina/data/idx.h"

namespace lamina {
namespace {

struct NamedSet {
  std::string name;
  std::vector<std::string> class_names;
  std::string how_to_get;
};

const std::vector<NamedSet>& known_sets() {
  static const std::vector<NamedSet> sets{
      {"fashion-mnist",
       {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
        "Ankle boot"},
       "install it with: apt-get install dataset-fashion-mnist"},
      {"mnist",
       {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"},
       "put its four IDX files into a folder and give that folder as the source"},
  };
  return sets;
}

// The file of `folder` that holds the images or labels of a part, or "". Both separators are in use.
std::string find_idx(const std::string& folder, const std::string& split, bool images) {
  const std::string stem =
      (split == "train" ? "train" : "t10k") + std::string(images ? "-images" : "-labels");
  for (const char* separator : {"-", "."}) {
    for (const char* suffix : {".gz", ""}) {
      const std::string path =
          folder + "/" + stem + separator + (images ? "idx3" : "idx1") + "-ubyte" + suffix;
      std::error_code ignored;
      if (std::filesystem::is_regular_file(path, ignored)) return path;
    }
  }
  return "";
}

}  // namespace

namespace detail {

std::vector<std::string> places_of(const std::string& name, const std::string& folder) {
  if (!folder.empty()) return {folder, folder + "/" + name};
  std::vector<std::string> places;
  if (const char* data = std::getenv("LAMINA_DATA"); data && *data)
    places.push_back(std::string(data) + "/" + name);
  places.push_back("/usr/share/datasets/" + name);
  return places;
}

bool has_idx_files(const std::string& folder) {
  return !find_idx(folder, "train", true).empty() || !find_idx(folder, "test", true).empty();
}

LabelledData load_idx_folder(const std::string& folder, const std::string& split,
                             std::vector<std::string> class_names) {
  const std::string image_file = find_idx(folder, split, true);
  const std::string label_file = find_idx(folder, split, false);
  if (image_file.empty() || label_file.empty()) {
    throw FileError("'" + folder + "' lacks the " + (image_file.empty() ? "images" : "labels") +
                    " of its part '" + split + "': expected " + (split == "train" ? "train" : "t10k") +
                    (image_file.empty() ? "-images-idx3-ubyte.gz" : "-labels-idx1-ubyte.gz"));
  }
  LabelledData data;
  const Tensor images = read_idx(image_file);
  if (images.rank() != 3 || images.dtype() != DType::kUInt8) {
    throw FileError("'" + image_file + "': expected uint8 images (n, height, width), received " +
                    images.type().str());
  }
  Shape shape = images.shape();
  shape.push_back(1);
  data.x = Tensor::wrap(images.buffer(), {DType::kUInt8, shape});

  const Tensor labels = read_idx(label_file);
  if (labels.rank() != 1 || labels.dtype() != DType::kUInt8) {
    throw FileError("'" + label_file + "': expected uint8 labels (n,), received " + labels.type().str());
  }
  const std::vector<int32_t> numbers = labels.to_vector<int32_t>();
  data.y = Tensor::from(numbers, labels.shape());
  data.class_names = std::move(class_names);
  if (data.class_names.empty() && !numbers.empty()) {
    const int32_t largest = *std::max_element(numbers.begin(), numbers.end());
    for (int32_t i = 0; i <= largest; ++i) data.class_names.push_back(std::to_string(i));
  }
  check_labelled_data(data, label_file);
  return data;
}

bool is_named_set(const std::string& name) {
  return std::any_of(known_sets().begin(), known_sets().end(),
                     [&](const NamedSet& set) { return set.name == name; });
}

LabelledData load_named_set(const std::string& name, const std::string& split, const std::string& folder) {
  const auto set = std::find_if(known_sets().begin(), known_sets().end(),
                                [&](const NamedSet& candidate) { return candidate.name == name; });
  const std::vector<std::string> places = places_of(name, folder);
  for (const std::string& place : places) {
    if (has_idx_files(place)) return load_idx_folder(place, split, set->class_names);
  }
  std::string looked;
  for (const std::string& place : places) looked += (looked.empty() ? "" : ", ") + place;
  throw FileError("the data set '" + name + "' is not on this machine (looked in " + looked + "); " +
                  set->how_to_get + ", or set LAMINA_DATA to the folder that holds " + name + "/");
}

}  // namespace detail

std::vector<std::string> named_data_sets() {
  std::vector<std::string> names;
  for (const NamedSet& set : known_sets()) names.push_back(set.name);
  return names;
}

std::string how_to_get(const std::string& name) {
  for (const NamedSet& set : known_sets()) {
    if (set.name == name) return set.how_to_get;
  }
  throw InvalidArgument("unknown data set '" + name + "'" + suggest(name, named_data_sets()));
}

std::string find_data_set(const std::string& name) {
  for (const std::string& place : detail::places_of(name)) {
    if (detail::has_idx_files(place)) return place;
  }
  return "";
}

}  // namespace lamina
