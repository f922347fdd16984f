// Folders on the disk, and in archives that are held in memory.
#include "lamina/zoo/detail/file_tree.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <mutex>
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

// The file in `folder` that is an archive of that part; "" where there is none, or a folder of that name.
std::string archive_of_part(const std::string& folder, const std::string& part) {
  std::error_code error;
  if (fs::is_directory(folder + "/" + part, error)) return "";
  for (const char* const extension : {".tar.gz", ".tgz", ".tar"}) {
    const std::string path = folder + "/" + part + extension;
    if (fs::is_regular_file(path, error)) return path;
  }
  return "";
}

// A folder whose parts are archives: train.tar.gz and test.tar.gz are its folders train and test. Each is read
// when it is first asked for.
class FolderOfArchives : public FileTree {
 public:
  FolderOfArchives(const std::string& path, bool follow_links, std::map<std::string, std::string> archives)
      : FileTree(path), folder_(path, follow_links) {
    for (const auto& [part, archive] : archives) parts_[part].path = archive;
  }

  std::vector<std::string> names(const std::string& folder, bool folders) const override {
    if (const auto [part, rest] = part_of_path(folder); part) return part->names(rest, folders);
    std::vector<std::string> names = folder_.names(folder, folders);
    if (!folder.empty()) return names;
    for (const auto& [name, part] : parts_) {
      if (folders) {
        names.push_back(name);
      } else {
        std::erase(names, fs::path(part.path).filename().string());
      }
    }
    std::sort(names.begin(), names.end());
    return names;
  }
  std::string read(const std::string& file) const override {
    if (const auto [part, rest] = part_of_path(file); part) return part->read(rest);
    return folder_.read(file);
  }
  std::string head(const std::string& file, size_t most) const override {
    if (const auto [part, rest] = part_of_path(file); part) return part->head(rest, most);
    return folder_.head(file, most);
  }

 private:
  struct Part {
    std::string path;
    mutable std::once_flag opened;
    mutable std::unique_ptr<const Archive> archive;
  };

  // The archive that a path leads into, and the path inside of it.
  std::pair<const Archive*, std::string> part_of_path(const std::string& path) const {
    const size_t slash = std::min(path.find('/'), path.size());
    const auto found = parts_.find(path.substr(0, slash));
    if (found == parts_.end()) return {nullptr, ""};
    const Part& part = found->second;
    std::call_once(part.opened, [&] { part.archive = std::make_unique<const Archive>(part.path); });
    return {part.archive.get(), slash < path.size() ? path.substr(slash + 1) : ""};
  }

  Folder folder_;
  std::map<std::string, Part> parts_;
};

}  // namespace

std::shared_ptr<const FileTree> FileTree::open(const std::string& path, bool follow_links) {
  std::error_code error;
  if (fs::is_directory(path, error)) {
    std::map<std::string, std::string> archives;
    for (const char* const part : {"train", "test"}) {
      if (const std::string archive = archive_of_part(path, part); !archive.empty()) archives[part] = archive;
    }
    if (archives.empty()) return std::make_shared<Folder>(path, follow_links);
    return std::make_shared<FolderOfArchives>(path, follow_links, std::move(archives));
  }
  if (!fs::exists(path, error)) throw FileError("there is no folder or tar archive '" + path + "'");
  return std::make_shared<Archive>(path);
}

}  // namespace lamina::detail
