// Folders on the disk, and in archives that are held in memory.
#include "lamina/zoo/detail/file_tree.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <set>
#include <system_error>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/base/log.h"
#include "lamina/formats/tar.h"

namespace lamina::detail {
namespace {

namespace fs = std::filesystem;

class Folder : public FileTree {
 public:
  Folder(const std::string& path, bool follow_links) : FileTree(path), follow_links_(follow_links) {}

  std::vector<std::string> names(const std::string& folder, bool folders) const override {
    std::error_code error;
    std::vector<std::string> names;
    for (fs::directory_iterator at(shown(folder), error), end; !error && at != end; at.increment(error)) {
      std::error_code ignored;
      const std::string name = at->path().filename().string();
      if (name.starts_with('.') || fs::is_directory(at->path(), ignored) != folders) continue;
      if (folders && fs::is_symlink(at->path(), ignored)) {
        if (!follow_links_ && !folder.empty()) continue;
        if (leads_up(at->path(), shown(folder))) continue;
      }
      names.push_back(name);
    }
    if (error) throw FileError("cannot read the folder '" + shown(folder) + "': " + error.message());
    std::sort(names.begin(), names.end());
    return names;
  }

  std::string read(const std::string& file) const override {
    std::error_code ignored;  // a pipe might never end
    if (!fs::is_regular_file(shown(file), ignored))
      throw FileError("'" + shown(file) + "' is no regular file");
    return read_file(shown(file), uint64_t{1} << 30);
  }

  std::string head(const std::string& file, size_t most) const override {
    std::string bytes(most, '\0');
    std::error_code ignored;
    if (!fs::is_regular_file(shown(file), ignored)) return "";
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> from(std::fopen(shown(file).c_str(), "rb"),
                                                               std::fclose);
    bytes.resize(from ? std::fread(bytes.data(), 1, most, from.get()) : 0);
    return bytes;
  }

 private:
  // Whether the link in `folder` leads to that folder or to one above it, by whatever way one came: what is
  // below would be there again and again.
  bool leads_up(const fs::path& link, const std::string& folder) const {
    std::error_code error;
    const fs::path target = fs::canonical(link, error);
    for (fs::path at = folder; !error && at.native().size() >= shown("").size(); at = at.parent_path()) {
      if (at == at.parent_path()) break;  // "/"
      const fs::path above = fs::canonical(at, error);
      if (error ||
          std::mismatch(target.begin(), target.end(), above.begin(), above.end()).first != target.end())
        continue;
      if (told_.insert(link.string()).second)
        warn("'" + link.string() + "' is a link to a folder that it is in, and is left out");
      return true;
    }
    return false;
  }

  bool follow_links_;
  mutable std::set<std::string> told_;
};

class Archive : public FileTree {
 public:
  explicit Archive(const std::string& path) : FileTree(path), archive_(path) {
    const std::vector<std::string> folders = names("", true);
    if (folders.size() == 1 && names("", false).empty() && !names(folders[0], true).empty())
      root_ = folders[0] + "/";
  }

  std::vector<std::string> names(const std::string& folder, bool folders) const override {
    const std::string before = root_ + (folder.empty() ? "" : folder + "/");
    std::set<std::string> names;
    for (auto at = archive_.files().lower_bound(before);
         at != archive_.files().end() && at->first.starts_with(before); ++at) {
      const std::string rest = at->first.substr(before.size());
      const size_t slash = rest.find('/');
      if (!rest.starts_with('.') && (slash != std::string::npos) == folders)
        names.insert(rest.substr(0, slash));
    }
    return {names.begin(), names.end()};
  }

  std::string read(const std::string& file) const override { return std::string(bytes(file)); }
  std::string head(const std::string& file, size_t most) const override {
    return std::string(bytes(file).substr(0, most));
  }

 private:
  std::string_view bytes(const std::string& file) const {
    const auto found = archive_.files().find(root_ + file);
    if (found == archive_.files().end()) throw FileError("there is no '" + shown(file) + "'");
    return found->second;
  }

  TarReader archive_;
  std::string root_;
};

}  // namespace

std::shared_ptr<const FileTree> FileTree::open(const std::string& path, bool follow_links) {
  std::error_code error;
  if (fs::is_directory(path, error)) return std::make_shared<Folder>(path, follow_links);
  if (!fs::exists(path, error)) throw FileError("there is no folder or tar archive '" + path + "'");
  return std::make_shared<Archive>(path);
}

}  // namespace lamina::detail
