// The walk of Keras over folders, NumPy's shuffle, and the parts.
#include "lamina/zoo/detail/file_index.h"

#include <algorithm>
#include <random>
#include <set>
#include <utility>

#include "lamina/base/error.h"
#include "lamina/base/log.h"

namespace lamina::detail {
namespace {

// Links in a circle would lead ever deeper.
constexpr int kDeepest = 64;

void collect(const FileTree& tree, const std::string& folder, int depth, bool (*accepts)(const std::string&),
             std::vector<std::pair<std::string, std::string>>& found) {
  for (const std::string& name : tree.names(folder, false)) {
    if (accepts(name)) found.emplace_back(folder, name);
  }
  if (depth == kDeepest) return;
  for (const std::string& name : tree.names(folder, true))
    collect(tree, joined(folder, name), depth + 1, accepts, found);
}

class Indexing {
 public:
  Indexing(const std::string& directory, const FileKind& kind, const FileIndexOptions& o)
      : directory_(directory), kind_(kind), o_(o) {}

  FileIndex run() {
    check();
    index_.tree = FileTree::open(directory_, o_.follow_links);
    const bool targets = o_.label_mode != "none";
    if (targets && !o_.labels) {
      find_by_class();
    } else {
      for (const std::string& path : file_paths(*index_.tree, "", kind_.accepts))
        index_.files.push_back({path, 0});
      if (targets) take_labels();
    }
    if (index_.files.empty())
      throw FileError(kind_.caller + ": there are no " + kind_.what + " in '" + directory_ +
                      "': expected files of " + kind_.formats);
    if (targets && index_.class_names.size() == 1)
      warn("'" + directory_ + "' holds the one class '" + index_.class_names[0] +
           "': there is nothing to tell apart");
    if (o_.label_mode == "binary" && index_.class_names.size() != 2)
      fail("label_mode \"binary\" takes two classes; '" + directory_ + "' has " +
           std::to_string(index_.class_names.size()));
    if (o_.shuffle) shuffle_as_numpy(index_.files, static_cast<uint32_t>(o_.seed.value_or(0)));
    return std::move(index_);
  }

 private:
  [[noreturn]] void fail(const std::string& what) const { throw InvalidArgument(kind_.caller + ": " + what); }

  void check_one_of(const char* option, const std::string& value,
                    const std::vector<std::string>& known) const {
    if (std::find(known.begin(), known.end(), value) == known.end())
      fail("unknown " + std::string(option) + " '" + value + "'" + suggest(value, known));
  }

  void check() const {
    check_one_of("label_mode", o_.label_mode, {"int", "categorical", "binary", "none"});
    if (!o_.subset.empty()) check_one_of("subset", o_.subset, {"training", "validation"});
    if (o_.batch_size < 0)
      fail("batch_size must be 1 or more, or 0 for single samples; got " + std::to_string(o_.batch_size));
    if (!(o_.validation_split >= 0 && o_.validation_split < 1))
      fail("validation_split must be between 0 and 1; got " + std::to_string(o_.validation_split));
    if ((o_.validation_split > 0) != !o_.subset.empty())
      fail("validation_split and subset belong together: which part is it, \"training\" or \"validation\"?");
    if (o_.validation_split > 0 && o_.shuffle && !o_.seed)
      fail("a part of shuffled files needs a seed, so that the parts have no file in common");
    if (o_.seed && *o_.seed > 0xffffffffu) fail("seed must be below 2^32; got " + std::to_string(*o_.seed));
    if (o_.labels && !o_.class_names.empty())
      fail("class_names are those of folders; with labels they have no meaning");
    if (o_.label_mode == "none" && !o_.class_names.empty())
      fail("class_names without targets have no meaning");
  }

  void find_by_class() {
    const std::vector<std::string> folders = index_.tree->names("", true);
    index_.class_names = o_.class_names.empty() ? folders : o_.class_names;
    if (folders.empty())
      throw FileError(kind_.caller + ": '" + directory_ + "' has no folders, one for each class; for " +
                      kind_.what + " without classes ask for label_mode \"none\"");
    for (size_t i = 0; i < index_.class_names.size(); ++i) {
      const std::string& name = index_.class_names[i];
      if (std::find(folders.begin(), folders.end(), name) == folders.end())
        fail("'" + directory_ + "' has no folder of the class '" + name + "'" + suggest(name, folders));
      const std::vector<std::string> paths = file_paths(*index_.tree, name, kind_.accepts);
      if (paths.empty())
        warn("the folder '" + index_.tree->shown(name) + "' holds no " + kind_.what +
             ": nothing of its class is learned");
      for (const std::string& path : paths) index_.files.push_back({path, static_cast<int32_t>(i)});
    }
  }

  void take_labels() {
    if (o_.labels->size() != index_.files.size())
      fail("there are " + std::to_string(o_.labels->size()) + " labels and " +
           std::to_string(index_.files.size()) + " " + kind_.what + " in '" + directory_ + "'");
    for (size_t i = 0; i < index_.files.size(); ++i) index_.files[i].label = (*o_.labels)[i];
    const std::set<int32_t> different(o_.labels->begin(), o_.labels->end());
    for (const int32_t label : different) {
      if (label < 0) fail("labels must not be negative; got " + std::to_string(label));
      index_.class_names.push_back(std::to_string(label));
    }
  }

  const std::string& directory_;
  const FileKind& kind_;
  const FileIndexOptions& o_;
  FileIndex index_;
};

}  // namespace

int64_t FileIndex::classes() const {
  auto count = static_cast<int64_t>(class_names.size());
  for (const LabelledFile& file : files) count = std::max<int64_t>(count, file.label + 1);
  return count;
}

FileIndex index_directory(const std::string& directory, const FileKind& kind,
                          const FileIndexOptions& options) {
  return Indexing(directory, kind, options).run();
}

void take_part(const std::string& directory, const FileKind& kind, const FileIndexOptions& o,
               std::vector<LabelledFile>& files) {
  if (o.validation_split == 0) return;
  const auto kept = static_cast<std::ptrdiff_t>(o.validation_split * static_cast<double>(files.size()));
  if (o.subset == "training") {
    files.erase(files.end() - kept, files.end());
  } else {
    files.erase(files.begin(), files.end() - kept);
  }
  if (files.empty())
    throw FileError(kind.caller + ": no " + kind.what + " of '" + directory + "' are left for " + o.subset +
                    ": validation_split is " + std::to_string(o.validation_split));
}

Tensor file_targets(const std::vector<int32_t>& labels, const std::string& label_mode, int64_t classes,
                    bool batch) {
  std::vector<int64_t> dims;
  if (batch) dims.push_back(static_cast<int64_t>(labels.size()));
  if (label_mode == "int") return Tensor::from(labels, Shape(dims));
  dims.push_back(label_mode == "binary" ? 1 : classes);
  std::vector<float> rows(labels.size() * static_cast<size_t>(dims.back()));
  for (size_t i = 0; i < labels.size(); ++i) {
    if (label_mode == "binary") {
      rows[i] = static_cast<float>(labels[i]);
    } else {
      rows[i * static_cast<size_t>(classes) + static_cast<size_t>(labels[i])] = 1;
    }
  }
  return Tensor::from(rows, Shape(dims));
}

std::vector<std::string> file_paths(const FileTree& tree, const std::string& folder,
                                    bool (*accepts)(const std::string& name)) {
  std::vector<std::pair<std::string, std::string>> found;  // folder, name
  collect(tree, folder, 0, accepts, found);
  std::sort(found.begin(), found.end());
  std::vector<std::string> paths;
  for (const auto& [where, name] : found) paths.push_back(joined(where, name));
  return paths;
}

void shuffle_as_numpy(std::vector<LabelledFile>& files, uint32_t seed) {
  std::mt19937 generator(seed);
  for (size_t i = files.size(); i-- > 1;) {
    // Numbers of as many bits as i has, until one is not above it.
    uint32_t mask = static_cast<uint32_t>(i);
    for (int shift = 1; shift < 32; shift *= 2) mask |= mask >> shift;
    size_t other;
    do {
      other = static_cast<uint32_t>(generator()) & mask;
    } while (other > i);
    std::swap(files[i], files[other]);
  }
}

}  // namespace lamina::detail
