// The files of a folder as labelled texts.
#include "lamina/zoo/detail/text_folder.h"

#include <algorithm>
#include <cctype>

#include "lamina/base/error.h"
#include "lamina/base/log.h"
#include "lamina/data/detail/text_stream.h"

namespace lamina::detail {
namespace {

std::string as_utf8(std::string bytes, const std::string& name) {
  const auto next = [at = size_t{0}, &bytes](char* to, size_t size) mutable {
    const size_t count = std::min(size, bytes.size() - at);
    std::copy_n(bytes.data() + at, count, to);
    at += count;
    return count;
  };
  TextStream stream(next, name, true);
  std::string text;
  while (stream.append(text, size_t{1} << 20)) {
  }
  return text;
}

}  // namespace

bool is_text_file_name(const std::string& name) {
  std::string lower = name;
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  return lower.ends_with(".txt");
}

std::vector<std::string> read_texts(const FileTree& tree, const std::vector<LabelledFile>& files) {
  constexpr uint64_t kMost = uint64_t{1} << 32;
  std::vector<std::string> texts;
  uint64_t bytes = 0;
  for (const LabelledFile& file : files) {
    texts.push_back(tree.read(file.path));
    bytes += texts.back().size();
    if (bytes > kMost) throw FileError("'" + tree.shown("") + "' holds more than 4 GiB of texts");
  }
  return texts;
}

LabelledData load_text_folder(const std::string& path, const std::string& split, const DataOptions& options) {
  const auto tree = FileTree::open(path);
  const std::vector<std::string> top = tree->names("", true);
  const auto has = [&](const char* part) { return std::find(top.begin(), top.end(), part) != top.end(); };
  const bool parts = has("train") && has("test");
  if (!split.empty() && !parts)
    throw FileError("'" + path +
                    "' has no parts: folders train and test with a folder for each class were expected");
  const std::string root = parts ? (split.empty() ? options.split : split) : "";
  const std::vector<std::string> folders = tree->names(root, true);
  const DataNeeds& needs = options.needs;
  LabelledData data;
  std::vector<LabelledFile> files;
  std::vector<int32_t> labels;
  const auto add = [&](const std::string& folder, int32_t label, bool deep) {
    std::vector<std::string> paths;
    if (deep) {
      paths = file_paths(*tree, folder, is_text_file_name);
    } else {
      for (const std::string& name : tree->names(folder, false))
        if (is_text_file_name(name)) paths.push_back(joined(folder, name));
    }
    for (const std::string& file : paths) {
      files.push_back({file, label});
      labels.push_back(label);
      data.names.push_back(tree->shown(file));
    }
    return paths.size();
  };
  const std::vector<std::string>& known = needs.known.class_names;
  data.class_names = known.empty() ? folders : known;
  if (needs.target_optional) add(root, -1, false);
  for (const std::string& name : folders) {
    const auto place = std::find(data.class_names.begin(), data.class_names.end(), name);
    const bool is_known = place != data.class_names.end();
    const size_t count =
        add(joined(root, name), is_known ? static_cast<int32_t>(place - data.class_names.begin()) : -1, true);
    if (!is_known && count > 0 && !needs.target_optional)
      throw FileError("'" + tree->shown(joined(root, name)) + "' is a class that the model does not know" +
                      suggest(name, known));
    if (count == 0) warn("the folder '" + tree->shown(joined(root, name)) + "' holds no .txt files");
  }
  if (files.empty())
    throw FileError("'" + path + "' holds no texts: a folder of .txt files for each class was expected");
  if (known.empty() && !folders.empty() &&
      !accept_new_classes(needs, data.class_names, "'" + tree->shown(root) + "'")) {
    data.class_names.clear();
    std::fill(labels.begin(), labels.end(), -1);
  }
  data.texts = read_texts(*tree, files);
  for (size_t i = 0; i < data.texts.size(); ++i)
    data.texts[i] = as_utf8(std::move(data.texts[i]), data.names[i]);
  const bool any = std::any_of(labels.begin(), labels.end(), [](int32_t label) { return label >= 0; });
  if (any) data.y = Tensor::from(labels, Shape{static_cast<int64_t>(labels.size())});
  return data;
}

}  // namespace lamina::detail
