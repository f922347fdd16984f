// One pass that decodes everything, and then what can be said of all files together.
#include "lamina/zoo/check_folder.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <map>
#include <numeric>
#include <set>
#include <unordered_map>

#include "lamina/base/error.h"
#include "lamina/base/threads.h"
#include "lamina/image/detail/codecs.h"
#include "lamina/image/detail/resample.h"
#include "lamina/zoo/detail/image_index.h"

namespace lamina::image {
namespace {

using detail::FileTree;
using detail::joined;

/// A file and what is known of it.
struct Seen {
  std::string path, part, name;  ///< name: of the class
  std::string reason = {};       ///< why it cannot be read
  int height = 0, width = 0;
  uint64_t hash = 0;
  std::vector<uint8_t> small = {};  ///< the greys that the hash is of
};

constexpr int kRows = 8, kColumns = 9;

Picture small_grey(const Picture& picture) {
  Picture plain = picture;
  plain.deep.clear();
  plain = detail::with_channels(std::move(plain), 1, "");
  return detail::resample(plain, {0, 0, plain.height, plain.width}, kRows, kColumns, "lanczos");
}

uint64_t hash_of(const std::vector<uint8_t>& small) {
  uint64_t hash = 0;
  for (size_t y = 0; y < kRows; ++y) {
    for (size_t x = 0; x + 1 < kColumns; ++x)
      hash = hash << 1 | static_cast<uint64_t>(small[y * kColumns + x + 1] > small[y * kColumns + x]);
  }
  return hash;
}

void look_at(const FileTree& tree, Seen& seen) {
  try {
    const Picture picture = decode_image(tree.read(seen.path), tree.shown(seen.path));
    seen.height = picture.height;
    seen.width = picture.width;
    seen.small = small_grey(picture).pixels;
    seen.hash = hash_of(seen.small);
  } catch (const FileError& error) {
    seen.reason = error.what();
  }
}

/// All files below `folder` as images of a class, or counted as others.
void list(const FileTree& tree, const std::string& folder, const Seen& like, int64_t& others,
          std::vector<Seen>& all) {
  const std::vector<std::string> named = detail::image_paths(tree, folder);
  const std::set<std::string> images(named.begin(), named.end());
  std::vector<std::string> folders{folder};
  constexpr size_t kMostFolders = 1'000'000;  // links may lead round
  while (!folders.empty() && folders.size() < kMostFolders) {
    const std::string here = folders.back();
    folders.pop_back();
    for (const std::string& name : tree.names(here, false)) {
      const std::string path = joined(here, name);
      if (images.contains(path) || detail::image_format_of(tree.head(path, detail::kImageHeadBytes))) {
        all.push_back(like);
        all.back().path = path;
      } else {
        ++others;
      }
    }
    for (const std::string& name : tree.names(here, true)) folders.push_back(joined(here, name));
  }
}

std::vector<Seen> list_all(const FileTree& tree, FolderReport& report) {
  const auto has_folders = [&](const std::string& folder) { return !tree.names(folder, true).empty(); };
  std::vector<std::string> folders = tree.names("", true), parts;
  for (const char* part : {"train", "test"}) {
    if (std::find(folders.begin(), folders.end(), part) != folders.end() && has_folders(part))
      parts.emplace_back(part);
  }
  if (parts.empty()) parts.emplace_back("");
  std::vector<Seen> all;
  std::set<std::string> classes;
  for (const std::string& part : parts) {
    for (const std::string& name : tree.names(part, true)) {
      classes.insert(name);
      list(tree, joined(part, name), {.path = {}, .part = part, .name = name}, report.other_files, all);
    }
  }
  if (classes.empty()) {
    list(tree, "", {}, report.other_files, all);
  } else {
    if (!parts[0].empty()) parts.emplace_back("");
    for (const std::string& part : parts) {
      for (const std::string& name : tree.names(part, false)) {
        const std::string path = joined(part, name);
        if (detail::image_format_of(tree.head(path, detail::kImageHeadBytes)))
          report.loose.push_back(tree.shown(path));
      }
    }
  }
  report.class_names.assign(classes.begin(), classes.end());
  return all;
}

/// Groups of copies: files of nearly the same hash whose small greys are nearly the same, too, for flat
/// pictures have hashes by chance.
class CopySearch {
 public:
  CopySearch(const std::vector<Seen>& all, int max_distance)
      : all_(all), distance_(max_distance), group_(all.size()) {
    std::iota(group_.begin(), group_.end(), size_t{0});
    const auto bands = static_cast<size_t>(distance_) + 1;  // of which one at least is the same in copies
    for (size_t band = 0; band < bands; ++band) look_in(band * 64 / bands, (band + 1) * 64 / bands);
  }

  std::map<size_t, std::vector<size_t>> groups() {
    std::map<size_t, std::vector<size_t>> groups;
    for (size_t i = 0; i < all_.size(); ++i) groups[root(i)].push_back(i);
    return groups;
  }

 private:
  void look_in(size_t from, size_t to) {
    constexpr size_t kMost =
        64;  // compared with each, so that a folder of equal hashes takes no square of its size
    const uint64_t mask = to - from == 64 ? ~uint64_t{0} : ((uint64_t{1} << (to - from)) - 1) << from;
    std::unordered_map<uint64_t, std::vector<size_t>> buckets;
    for (size_t i = 0; i < all_.size(); ++i) {
      if (!all_[i].reason.empty()) continue;
      std::vector<size_t>& bucket = buckets[all_[i].hash & mask];
      for (size_t k = bucket.size(); k-- > bucket.size() - std::min(bucket.size(), kMost);) {
        if (are_copies(all_[i], all_[bucket[k]])) group_[root(i)] = root(bucket[k]);
      }
      bucket.push_back(i);
    }
  }

  bool are_copies(const Seen& a, const Seen& b) const {
    if (std::popcount(a.hash ^ b.hash) > distance_) return false;
    int difference = 0;
    for (size_t i = 0; i < a.small.size(); ++i) difference += std::abs(a.small[i] - b.small[i]);
    constexpr int kMeanDifference = 6;
    return difference <= kMeanDifference * kRows * kColumns;
  }

  size_t root(size_t i) {
    while (group_[i] != i) i = group_[i] = group_[group_[i]];
    return i;
  }

  const std::vector<Seen>& all_;
  const int distance_;
  std::vector<size_t> group_;
};

void find_copies(const FileTree& tree, const std::vector<Seen>& all, int max_distance, FolderReport& report) {
  for (const auto& [first, members] : CopySearch(all, max_distance).groups()) {
    if (members.size() < 2) continue;
    FolderReport::Copies copies;
    for (const size_t i : members) {
      copies.paths.push_back(tree.shown(all[i].path));
      copies.across_classes |= all[i].name != all[members[0]].name;
      copies.across_parts |= all[i].part != all[members[0]].part;
    }
    report.copies.push_back(std::move(copies));
  }
}

// Classes that one of the parts has and the other has not: what is in the test alone cannot be learned.
void find_lacking(const std::vector<Seen>& all, FolderReport& report) {
  std::set<std::string> parts, there;
  for (const Seen& seen : all) {
    if (seen.part.empty() || !seen.reason.empty()) continue;
    parts.insert(seen.part);
    there.insert(joined(seen.part, seen.name));
  }
  for (const std::string& part : parts) {
    for (const std::string& name : report.class_names) {
      if (!there.contains(joined(part, name))) report.lacking.push_back(joined(part, name));
    }
  }
}

void add_sizes(const FileTree& tree, const Seen& seen, const CheckFolderOptions& options,
               FolderReport& report) {
  const FolderReport::Sized sized{tree.shown(seen.path), seen.height, seen.width};
  if (std::min(seen.height, seen.width) < options.tiny_side) report.tiny.push_back(sized);
  if (int64_t{seen.height} * seen.width > options.huge) report.huge.push_back(sized);
  const bool first = report.images++ == 0;
  report.smallest_height = first ? seen.height : std::min(report.smallest_height, seen.height);
  report.smallest_width = first ? seen.width : std::min(report.smallest_width, seen.width);
  report.largest_height = std::max(report.largest_height, seen.height);
  report.largest_width = std::max(report.largest_width, seen.width);
}

/// "TITLE (n):" and up to ten lines.
template <class T, class F>
void add_list(std::string& text, const std::string& title, const std::vector<T>& items, F&& line) {
  if (items.empty()) return;
  constexpr size_t kShown = 10;
  text += title + " (" + std::to_string(items.size()) + "):\n";
  for (size_t i = 0; i < std::min(items.size(), kShown); ++i) text += "  " + line(items[i]) + "\n";
  if (items.size() > kShown) text += "  ... and " + std::to_string(items.size() - kShown) + " more\n";
}

}  // namespace

uint64_t dhash(const Picture& picture) { return hash_of(small_grey(picture).pixels); }

FolderReport check_folder(const std::string& directory, const CheckFolderOptions& options) {
  if (options.max_distance < 0 || options.max_distance > 16)
    throw InvalidArgument("image::check_folder: max_distance must be from 0 to 16; got " +
                          std::to_string(options.max_distance));
  const auto tree = FileTree::open(directory);
  FolderReport report;
  std::vector<Seen> all = list_all(*tree, report);
  parallel_for(static_cast<int64_t>(all.size()), 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) look_at(*tree, all[static_cast<size_t>(i)]);
  });
  report.class_counts.resize(report.class_names.size());
  for (const Seen& seen : all) {
    if (!seen.reason.empty()) {
      report.unreadable.push_back({tree->shown(seen.path), seen.reason});
      continue;
    }
    add_sizes(*tree, seen, options, report);
    const auto found = std::lower_bound(report.class_names.begin(), report.class_names.end(), seen.name);
    if (found != report.class_names.end())
      ++report.class_counts[static_cast<size_t>(found - report.class_names.begin())];
  }
  for (size_t i = 0; i < report.class_names.size(); ++i) {
    if (report.class_counts[i] == 0) report.empty.push_back(report.class_names[i]);
  }
  std::vector<int64_t> counts = report.class_counts;
  std::erase(counts, 0);  // these are `empty`
  if (!counts.empty()) {
    const auto [least, most] = std::minmax_element(counts.begin(), counts.end());
    report.unbalanced =
        counts.size() > 1 && static_cast<double>(*most) >= options.imbalance * static_cast<double>(*least);
  }
  find_lacking(all, report);
  find_copies(*tree, all, options.max_distance, report);
  return report;
}

bool FolderReport::good() const {
  return images > 0 && unreadable.empty() && copies.empty() && tiny.empty() && huge.empty() &&
         empty.empty() && loose.empty() && lacking.empty() && notes().empty();
}

std::vector<std::string> FolderReport::notes() const {
  std::vector<std::string> notes;
  if (class_names.size() == 1) notes.emplace_back("There is one class only: nothing to tell apart");
  if (images == 0) {
    notes.push_back("There is no image that can be read: expected one folder of images (" +
                    detail::image_format_names() + ") for each class");
  } else if (class_names.empty()) {
    notes.emplace_back("There are no folders of classes: training needs one folder of images for each");
  }
  if (unbalanced)
    notes.emplace_back(
        "Classes are unbalanced: class_weight in fit, or more images of the small ones, may help");
  return notes;
}

std::string FolderReport::str() const {
  std::string text = std::to_string(images) + " images";
  if (images > 0)
    text += ", " + std::to_string(smallest_width) + " to " + std::to_string(largest_width) + " wide and " +
            std::to_string(smallest_height) + " to " + std::to_string(largest_height) + " high";
  text += "; " + std::to_string(other_files) + " other files\n";
  for (size_t i = 0; i < class_names.size(); ++i)
    text += "  " + class_names[i] + ": " + std::to_string(class_counts[i]) + "\n";
  for (const std::string& note : notes()) text += note + "\n";
  const auto as_is = [](const std::string& each) { return each; };
  if (images > 0) add_list(text, "Classes without an image that can be read", empty, as_is);
  add_list(text, "No image of the class in this part", lacking, as_is);
  add_list(text, "In no folder of a class", loose, as_is);
  add_list(text, "Cannot be read", unreadable, [](const Unreadable& each) { return each.reason; });
  add_list(text, "Copies of each other", copies, [](const Copies& each) {
    std::string line;
    for (const std::string& path : each.paths) line += (line.empty() ? "" : ", ") + path;
    return line + (each.across_parts ? " (in train and test)" : "") +
           (each.across_classes ? " (in two classes)" : "");
  });
  const auto sized = [](const Sized& each) {
    return each.path + ": " + std::to_string(each.width) + " x " + std::to_string(each.height);
  };
  add_list(text, "Tiny", tiny, sized);
  add_list(text, "Huge", huge, sized);
  return text;
}

}  // namespace lamina::image
