// A folder of class folders, copied into two.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <functional>
#include <map>
#include <numeric>
#include <system_error>
#include <unordered_map>

#include "lamina/base/detail/text.h"
#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/base/log.h"
#include "lamina/base/threads.h"
#include "lamina/data/labelled_data.h"
#include "lamina/image/load_img.h"
#include "lamina/zoo/check_folder.h"
#include "lamina/zoo/detail/file_index.h"
#include "lamina/zoo/detail/image_index.h"
#include "lamina/zoo/image_folder.h"

namespace lamina::image {
namespace {

namespace fs = std::filesystem;
using detail::LabelledFile;

/// How many of each class are for the test: shares of `all`, the largest remainders rounded up; of two or
/// more images one at least on either side.
std::vector<size_t> shares(const std::vector<size_t>& counts, size_t all, double test_size) {
  std::vector<size_t> taken, order(counts.size());
  std::iota(order.begin(), order.end(), size_t{0});
  size_t sum = 0;
  for (const size_t count : counts) {
    taken.push_back(
        std::clamp<size_t>(static_cast<size_t>(test_size * static_cast<double>(count)), 1, count - 1));
    sum += taken.back();
  }
  const auto remainder = [&](size_t i) {
    return test_size * static_cast<double>(counts[i]) - static_cast<double>(taken[i]);
  };
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return remainder(a) > remainder(b); });
  for (const size_t i : order) {
    if (sum < all && taken[i] + 1 < counts[i]) {
      ++taken[i];
      ++sum;
    }
  }
  return taken;
}

constexpr size_t kLongestName = 240;  // file systems take 255 bytes; the rest is for a number and a temporary

// cats/old/1.jpg becomes cats/old_1.jpg. A name that is too long for a file keeps its beginning and its
// extension.
std::string name_of(const std::string& path) {
  std::string name = path.substr(path.find('/') + 1);
  std::replace(name.begin(), name.end(), '/', '_');
  if (name.size() <= kLongestName) return name;
  const size_t dot = name.rfind('.');
  const std::string end =
      dot != std::string::npos && name.size() - dot < 16 ? name.substr(dot) : std::string();
  size_t kept = kLongestName - end.size();
  while (kept > 0 && (static_cast<unsigned char>(name[kept]) & 0xC0) == 0x80)
    --kept;  // of UTF-8, whole letters
  return name.substr(0, kept) + end;
}

/// The files of a split while they are written: those and the folders made for them go again unless all of
/// them are there.
class Copies {
 public:
  Copies(const detail::FileTree& tree, std::string out) : tree_(tree), out_(std::move(out)) {}
  ~Copies() {
    if (done_) return;
    std::error_code ignored;
    for (const std::string& file : files_) fs::remove(file, ignored);
    for (auto folder = folders_.rbegin(); folder != folders_.rend(); ++folder) fs::remove(*folder, ignored);
  }
  Copies(const Copies&) = delete;
  Copies& operator=(const Copies&) = delete;

  void copy(const LabelledFile& file, const char* part) {
    const fs::path folder = fs::path(out_) / part / file.path.substr(0, file.path.find('/'));
    make(folder);
    const std::string name = name_of(file.path);
    std::string target = folder / name;
    std::error_code error;
    for (int i = 1; fs::exists(target, error); ++i) target = folder / (std::to_string(i) + "_" + name);
    write_file(target, tree_.read(file.path));
    files_.push_back(target);
  }
  void done() { done_ = true; }

 private:
  void make(const fs::path& folder) {
    std::error_code error;
    if (fs::is_directory(folder, error)) return;
    if (folder.has_parent_path() && folder.parent_path() != folder) make(folder.parent_path());
    if (fs::create_directory(folder, error)) folders_.push_back(folder);
    if (error) throw FileError("cannot make the folder '" + folder.string() + "': " + error.message());
  }

  const detail::FileTree& tree_;
  const std::string out_;
  std::vector<std::string> files_;
  std::vector<fs::path> folders_;  // each behind those around it
  bool done_ = false;
};

/// Whether `out` is `directory` or below it, links followed.
bool is_inside(const std::string& out, const std::string& directory) {
  std::error_code error;
  if (!fs::is_directory(directory, error)) return false;
  const fs::path folder = fs::canonical(directory, error);
  const fs::path path = fs::weakly_canonical(fs::absolute(out, error), error);
  return !error &&
         std::mismatch(folder.begin(), folder.end(), path.begin(), path.end()).first == folder.end();
}

/// Files that are equal byte for byte, told by a hash and compared where that is the same.
class Twins {
 public:
  explicit Twins(const detail::FileTree& tree) : tree_(tree) {}

  void add(const std::string& path, size_t hash) {
    for (const std::string& first : firsts_[hash]) {
      if (tree_.read(first) != tree_.read(path)) continue;
      first_of_[path] = first;
      ++sizes_[first];
      return;
    }
    firsts_[hash].push_back(path);
    sizes_[path] = 1;
  }

  /// The first of the files that are equal to this one.
  const std::string& first(const std::string& path) const {
    const auto found = first_of_.find(path);
    return found == first_of_.end() ? path : found->second;
  }
  /// How many files are equal to that first one, itself included.
  size_t size(const std::string& first) const { return sizes_.at(first); }
  /// Those that are not the first of their kind.
  const std::map<std::string, std::string>& others() const { return first_of_; }

 private:
  const detail::FileTree& tree_;
  std::unordered_map<size_t, std::vector<std::string>> firsts_;
  std::map<std::string, std::string> first_of_;
  std::unordered_map<std::string, size_t> sizes_;
};

/// The files that can be decoded; the others go to `unreadable`.
std::vector<LabelledFile> readable(const detail::FileTree& tree, const std::vector<std::string>& paths,
                                   std::vector<FolderReport::Unreadable>& unreadable, Twins& twins) {
  std::vector<std::string> reasons(paths.size());
  std::vector<size_t> hashes(paths.size());
  parallel_for(static_cast<int64_t>(paths.size()), 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const std::string& path = paths[static_cast<size_t>(i)];
      try {
        const std::string bytes = tree.read(path);
        decode_image(bytes, tree.shown(path));
        hashes[static_cast<size_t>(i)] = std::hash<std::string>()(bytes);
      } catch (const FileError& error) {
        reasons[static_cast<size_t>(i)] = error.what();
      }
    }
  });
  std::vector<LabelledFile> files;
  for (size_t i = 0; i < paths.size(); ++i) {
    if (!reasons[i].empty()) {
      unreadable.push_back({tree.shown(paths[i]), reasons[i]});
      continue;
    }
    files.push_back({paths[i], 0});
    twins.add(paths[i], hashes[i]);
  }
  return files;
}

void tell_unreadable(const FolderSplit& split, size_t good, const std::string& directory) {
  if (split.unreadable.empty()) return;
  std::vector<std::string> names;
  for (const auto& each : split.unreadable) names.push_back(each.path);
  warn("'" + directory + "': " + detail::left_out_images(names, static_cast<int64_t>(good + names.size())));
}

void tell_twins(const Twins& twins, const std::string& directory) {
  std::vector<std::string> names;
  for (const auto& [path, first] : twins.others()) names.push_back(path);
  if (names.empty()) return;
  const auto count = static_cast<int64_t>(names.size());
  warn("'" + directory +
       "': " + detail::count_of(count, "image is a copy of another", "images are copies of others") +
       ", byte for byte, and in the same part: " + detail::quoted_list(names));
}

}  // namespace

FolderSplit split_folder(const std::string& directory, const std::string& out,
                         const SplitFolderOptions& options) {
  if (!(options.test_size > 0 && options.test_size < 1))
    throw InvalidArgument("image::split_folder: test_size must be between 0 and 1; got " +
                          std::to_string(options.test_size));
  std::error_code error;
  if (fs::exists(out, error) && !fs::is_empty(out, error))
    throw FileError("image::split_folder: '" + out + "' holds something already; name a folder that is new");
  if (is_inside(out, directory))
    throw InvalidArgument("image::split_folder: '" + out + "' is inside of '" + directory +
                          "', whose classes would then be its parts, too; name a folder beside it");
  const auto tree = detail::FileTree::open(directory);
  FolderSplit split;
  Twins twins(*tree);
  std::vector<std::vector<LabelledFile>> groups;
  for (const std::string& name : tree->names("", true)) {
    const std::vector<LabelledFile> files =
        readable(*tree, detail::image_paths(*tree, name), split.unreadable, twins);
    if (files.empty()) continue;
    if (options.stratify && files.size() < 2)
      throw InvalidArgument(
          "image::split_folder: the class '" + name +
          "' has one image, which cannot be in both parts; add more, or ask for stratify = false");
    if (options.stratify || groups.empty()) groups.emplace_back();
    groups.back().insert(groups.back().end(), files.begin(), files.end());
  }
  std::vector<size_t> counts;
  for (const auto& group : groups) counts.push_back(group.size());
  const size_t all = std::accumulate(counts.begin(), counts.end(), size_t{0});
  if (all < 2)
    throw FileError("image::split_folder: '" + directory +
                    "' has no folders with images, one for each class, to split");
  const auto wanted = static_cast<size_t>(std::ceil(options.test_size * static_cast<double>(all)));
  const std::vector<size_t> taken = shares(counts, wanted, options.test_size);
  tell_unreadable(split, all, directory);
  tell_twins(twins, directory);
  split.copies = static_cast<int64_t>(twins.others().size());
  // Copies go with the first of them that comes. To the test they go only where all of them find room.
  std::map<std::string, bool> in_test;
  Copies copies(*tree, out);
  for (size_t g = 0; g < groups.size(); ++g) {
    detail::shuffle_as_numpy(groups[g], static_cast<uint32_t>(options.seed + g));
    size_t room = taken[g];
    for (const LabelledFile& file : groups[g]) {
      const std::string& first = twins.first(file.path);
      const bool test = in_test.try_emplace(first, twins.size(first) <= room).first->second;
      if (test && room > 0) --room;
      copies.copy(file, test ? "test" : "train");
      ++(test ? split.test : split.train);
    }
  }
  copies.done();
  if (split.test == 0)
    warn("'" + directory + "': nothing is left for the test, since no group of copies is as small as it");
  return split;
}

}  // namespace lamina::image
