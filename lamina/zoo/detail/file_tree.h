// A folder of files, on the disk or inside a tar archive. Internal header.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace lamina::detail {

/// Files by their paths below the root, with '/' between folders. Used by any number of threads.
class FileTree {
 public:
  explicit FileTree(std::string root) : root_(std::move(root)) {}
  virtual ~FileTree() = default;
  FileTree(const FileTree&) = delete;
  FileTree& operator=(const FileTree&) = delete;

  /// Names of the files, or of the folders, in a folder ("" is the root), sorted; hidden ones are left out.
  /// A link to a folder that it is in is left out, too, and told once. Throws FileError for a folder that
  /// cannot be read.
  virtual std::vector<std::string> names(const std::string& folder, bool folders) const = 0;
  /// All bytes of a file. Throws FileError.
  virtual std::string read(const std::string& file) const = 0;
  /// Up to `most` of the first bytes of a file; none where it cannot be read.
  virtual std::string head(const std::string& file, size_t most) const = 0;

  /// What messages call a file or folder.
  std::string shown(const std::string& path) const { return path.empty() ? root_ : root_ + "/" + path; }

  /// The tree at `path`: a folder, or a tar archive. Of an archive that holds one folder of folders alone,
  /// that folder is the root. Archives train.tar.gz and test.tar.gz (.tgz, .tar) in a folder are its folders train and
  /// test, and are read when they are first asked for. Throws FileError for what is neither.
  /// @param follow_links  whether links to folders count as folders, other than in the root.
  static std::shared_ptr<const FileTree> open(const std::string& path, bool follow_links = true);

 private:
  std::string root_;
};

/// "folder/name", or "name" in the root.
inline std::string joined(const std::string& folder, const std::string& name) {
  return folder.empty() ? name : folder + "/" + name;
}

}  // namespace lamina::detail
