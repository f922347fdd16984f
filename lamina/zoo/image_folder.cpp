// Walks over folders in the order of their names, so that the same folder gives the same samples everywhere.
#include "lamina/zoo/image_folder.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <memory>
#include <system_error>

#include "lamina/backend/backend.h"
#include "lamina/base/detail/text.h"
#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/base/log.h"
#include "lamina/image/detail/codecs.h"
#include "lamina/image/load_img.h"
#include "lamina/zoo/detail/file_tree.h"
#include "lamina/zoo/detail/image_pairs.h"
#include "lamina/zoo/detail/text_folder.h"

namespace lamina {
namespace {

using detail::joined;

/// The image in `bytes`, as read_image_for gives it.
Tensor image_for(std::string_view bytes, const std::string& path, const Shape& input) {
  const bool known = input.rank() > 0;
  const int64_t channels = !known ? 3 : input.rank() == 4 ? input[3] : 1;
  if (known && (input.rank() < 3 || input.rank() > 4 || (channels != 1 && channels != 3 && channels != -1)))
    throw InvalidArgument("'" + path + "' is an image; the model takes " + input.str());
  const auto extent = [&](int axis) {
    return known ? static_cast<int>(std::max<int64_t>(0, input[axis])) : 0;
  };
  const LoadImgOptions options{.color_mode = channels == 1 ? "grayscale" : "rgb",
                               .height = extent(1),
                               .width = extent(2),
                               .high_byte = true};
  return img_to_tensor(detail::load_img(bytes, path, options));
}

class ImageFolder {
 public:
  ImageFolder(const std::string& path, const std::string& split, const DataOptions& options)
      : tree_(detail::FileTree::open(path)),
        path_(path),
        skip_(options.on_error == OnError::kSkip),
        needs_(options.needs) {
    if (needs_.inputs.size() == 1) shape_ = needs_.inputs[0].shape;
    go_to_part(split, options.split);
  }

  LabelledData run() {
    LabelledData data;
    std::vector<std::string> classes = tree_->names(root_, true);
    leave_out_judges(classes);
    if (classes.empty()) {
      collect(root_, -1);
    } else {
      find_classes(classes, data);
    }
    if (files_.empty()) {
      throw FileError("'" + path_ + "' holds no data that can be read: expected one folder of images (" +
                      detail::image_format_names() +
                      ") for each class, or IDX files such as train-images-idx3-ubyte.gz" + other());
    }
    if (classes.empty() && !needs_.target_optional) {
      throw FileError("'" + path_ +
                      "' holds images, but not one folder for each class: their classes are not "
                      "known");
    }
    if (others_ > 0) warn("'" + path_ + "'" + other());
    tell_strays();
    data.x = pixels();
    for (const std::string& file : files_) data.names.push_back(tree_->shown(file));
    if (!data.class_names.empty() && !classes.empty())
      data.y = Tensor::from(labels_, Shape{static_cast<int64_t>(labels_.size())});
    return data;
  }

 private:
  // Folders called train and test hold the classes of each part.
  void go_to_part(const std::string& named, const std::string& usual) {
    const std::vector<std::string> folders = tree_->names(root_, true);
    const auto is_there = [&](const std::string& name) {
      return std::find(folders.begin(), folders.end(), name) != folders.end() &&
             !tree_->names(joined(root_, name), true).empty();
    };
    const bool parts = is_there("train") || is_there("test");
    const std::string part = named.empty() ? usual : named;
    if (parts && is_there(part)) {
      for (const std::string& name : folders) {
        if (name != "train" && name != "test") stray_folders_.push_back(name);
      }
      note_strays();
      whole_ = path_;
      root_ = joined(root_, part);
      path_ += "/" + part;
    } else if (parts || !named.empty()) {
      throw FileError("'" + path_ + "' has no folder '" + part + "' with one folder for each class");
    }
  }

  // Persons whose pictures are compared in the folder's table of pairs judge what is learned from the others.
  void leave_out_judges(std::vector<std::string>& classes) {
    if (!has_image_pairs(*tree_, root_)) return;
    const std::vector<std::string> judges = folders_of(read_image_pairs(*tree_, root_));
    std::vector<std::string> left_out;
    std::erase_if(classes, [&](const std::string& name) {
      const bool judge = std::binary_search(judges.begin(), judges.end(), name);
      if (judge) left_out.push_back(name);
      return judge;
    });
    if (left_out.empty()) return;
    warn("'" + path_ + "': " + detail::count_of(static_cast<int64_t>(left_out.size()), "folder is", "folders are") +
         " left out, since its table " + kImagePairs + " compares them: " + detail::quoted_list(left_out));
    if (classes.empty())
      throw FileError("'" + path_ + "': its table " + kImagePairs + " compares all folders, and leaves none to learn from");
  }

  void find_classes(const std::vector<std::string>& folders, LabelledData& data) {
    const std::vector<std::string>& known = needs_.known.class_names;
    data.class_names = known.empty() ? folders : known;
    const bool usable = !known.empty() || detail::accept_new_classes(needs_, folders, "'" + path_ + "'");
    for (const std::string& name : folders) {
      const auto found = std::find(data.class_names.begin(), data.class_names.end(), name);
      if (found == data.class_names.end() && !needs_.target_optional) {
        throw FileError("'" + path_ + "': the folder '" + name +
                        "' is of a class that the model does not know" + suggest(name, known));
      }
      const auto label = found - data.class_names.begin();
      collect(joined(root_, name), found == data.class_names.end() ? -1 : static_cast<int32_t>(label));
    }
    if (!usable) data.class_names.clear();
    // To ask, a picture needs no class.
    if (needs_.target_optional)
      collect(root_, -1);
    else
      note_strays();
  }

  // Pictures of the folder itself, which are in no folder of a class.
  void note_strays() {
    for (const std::string& name : tree_->names(root_, false)) {
      const std::string file = joined(root_, name);
      const bool picture = detail::image_format_of(tree_->head(file, detail::kImageHeadBytes)) != nullptr;
      if (picture && strays_++ == 0) first_stray_ = tree_->shown(file);
    }
  }

  void tell_strays() const {
    const std::string where = "'" + (whole_.empty() ? path_ : whole_) + "': ";
    if (strays_ > 0) {
      warn(where + detail::count_of(strays_, "picture is", "pictures are") +
           " in no folder of a class and left out, '" + first_stray_ + "' first");
    }
    if (!stray_folders_.empty()) {
      warn(where + "it has folders called train and test; what else it holds is left out: " +
           detail::quoted_list(stray_folders_));
    }
  }

  void collect(const std::string& folder, int32_t label) {
    for (const std::string& name : tree_->names(folder, false)) {
      const std::string file = joined(folder, name);
      // What is called an image and holds none is damaged, and no file of another kind.
      if (!is_image_name(name) && !detail::image_format_of(tree_->head(file, detail::kImageHeadBytes))) {
        if (others_++ == 0) first_other_ = tree_->shown(file);
        continue;
      }
      files_.push_back(file);
      labels_.push_back(label);
    }
    for (const std::string& name : tree_->names(folder, true)) {
      if (label >= 0 || folder != root_) collect(joined(folder, name), label);
    }
  }

  std::string other() const {
    if (others_ == 0) return "";
    return ": " +
           detail::count_of(others_, "file is no image that can be read",
                            "files are no images that can be read") +
           " (" + detail::image_format_names() + ") and " + (others_ == 1 ? "is" : "are") + " left out, '" +
           first_other_ + "' first";
  }

  // Takes what cannot be decoded out of the files and labels, where that may be left out.
  Tensor pixels() {
    std::vector<std::string> bad;
    std::shared_ptr<Buffer> buffer;
    Shape shape;
    size_t bytes = 0, i = 0;
    for (size_t next = 0; next < files_.size(); ++next) {
      Tensor image;
      try {
        image = image_for(tree_->read(files_[next]), tree_->shown(files_[next]), shape_);
      } catch (const FileError& error) {
        if (!skip_)
          throw FileError(std::string(error.what()) +
                          "; 'lamina data check' lists all such files, and --on-error skip "
                          "(DataOptions::on_error) leaves them out");
        bad.push_back(files_[next]);
        continue;
      }
      files_[i] = files_[next];
      labels_[i] = labels_[next];
      if (i == 0) {
        shape = image.shape();
        bytes = static_cast<size_t>(image.size());
        buffer = std::make_shared<Buffer>(Device{}, bytes * files_.size());
      }
      if (image.shape() != shape) {
        throw FileError("'" + tree_->shown(files_[i]) + "' is an image of " + image.shape().str() + ", '" +
                        tree_->shown(files_[0]) + "' of " + shape.str() +
                        "; the model takes any size, but not two at once");
      }
      std::memcpy(static_cast<char*>(buffer->data()) + i++ * bytes, image.data<uint8_t>(), bytes);
    }
    if (!bad.empty()) {
      const std::string text =
          "'" + path_ + "': " + detail::left_out_images(bad, static_cast<int64_t>(files_.size()));
      if (i == 0) throw FileError(text + "; nothing is left");
      warn(text);
    }
    files_.resize(i);
    labels_.resize(i);
    if (!bad.empty()) {
      auto less = std::make_shared<Buffer>(Device{}, bytes * i);
      std::memcpy(less->data(), buffer->data(), bytes * i);
      buffer = std::move(less);
    }
    std::vector<int64_t> dims = shape.dims();
    dims.insert(dims.begin(), static_cast<int64_t>(files_.size()));
    return Tensor::wrap(std::move(buffer), {DType::kUInt8, Shape(dims)});
  }

  std::shared_ptr<const detail::FileTree> tree_;
  std::string root_;  // below the tree's own
  std::string path_;  // for messages
  bool skip_;         // what cannot be decoded
  const DataNeeds& needs_;
  Shape shape_ = {};
  std::vector<std::string> files_;
  std::vector<int32_t> labels_;
  int64_t others_ = 0, strays_ = 0;
  std::string first_other_, first_stray_;
  std::string whole_;  // the folder of the parts
  std::vector<std::string> stray_folders_ = {};
};

}  // namespace

bool is_image_file(const std::string& path) {
  char head[detail::kImageHeadBytes];
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return false;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), std::fclose);
  const size_t count = file ? std::fread(head, 1, sizeof head, file.get()) : 0;
  return detail::image_format_of({head, count}) != nullptr;
}

Tensor read_image_for(const std::string& path, const Shape& input) {
  return image_for(read_file(path, uint64_t{1} << 30), path, input);
}

namespace detail {

std::string left_out_images(const std::vector<std::string>& names, int64_t all) {
  constexpr size_t kNamed = 20;
  return count_of(static_cast<int64_t>(names.size()), "image") + " of " + std::to_string(all) +
         " cannot be read and " + (names.size() == 1 ? "is" : "are") +
         " left out: " + quoted_list(names, kNamed);
}

}  // namespace detail

LabelledData load_image_folder(const std::string& path, const std::string& split,
                               const DataOptions& options) {
  return ImageFolder(path, split, options).run();
}

namespace {

// Of texts where texts are wanted, else of images.
LabelledData load_folder(const std::string& path, const std::string& split, const DataOptions& options) {
  const bool texts = options.needs.samples == SampleKind::kTexts;
  return texts ? detail::load_text_folder(path, split, options) : load_image_folder(path, split, options);
}

bool folder_has_part(const std::string& path, const std::string& part) {
  const auto tree = detail::FileTree::open(path);
  const std::vector<std::string> folders = tree->names("", true);
  const auto is_there = [&](const char* name) {
    return std::find(folders.begin(), folders.end(), name) != folders.end();
  };
  return (part == "train" || part == "test") && is_there("train") && is_there("test");
}

[[maybe_unused]] const bool kImageFolderRegistered =
    register_data_format({.extension = "/", .load = load_folder, .has_part = folder_has_part}) &&
    register_data_format({.extension = ".tar",
                          .load = load_folder,
                          .start = "ustar",
                          .start_at = 257,
                          .has_part = folder_has_part});

}  // namespace
}  // namespace lamina
