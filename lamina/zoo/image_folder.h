// Folders of image files, and single ones, in the form that a model takes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lamina/data/labelled_data.h"

namespace lamina {

/// Whether the file begins as an image does that load_img reads; its name does not matter. False for what
/// cannot be opened.
bool is_image_file(const std::string& path);

/// Whether a file is called as images are: .jpg, .jpeg, .png, .bmp, .gif, .webp, .pnm, .pbm, .pgm or .ppm, in
/// upper or lower case.
bool is_image_name(const std::string& path);

/// The image in the colours and, by taking the nearest pixel, in the size that an input of this shape asks
/// for (batch axis first; open extents: as in the file): uint8 (height, width, channels). Throws FileError
/// for what load_img refuses, and InvalidArgument for an input that takes no images.
Tensor read_image_for(const std::string& path, const Shape& input);

/// The images of a folder with one folder for each class, in the order of the sorted names, as Keras's
/// image_dataset_from_directory has them; or of such folders for the parts train and test. `path` may be a
/// tar archive of such a folder (.tar, .tar.gz, .tgz), which is read as it is. A folder of images without
/// classes will do where targets are optional, and so will images beside the folders of the classes. Hidden
/// files are passed over. Files of other kinds, images in no folder of a class where targets are needed, and
/// what stands beside train and test are left out, which is told to the log. A file that is called as images
/// are (is_image_name) and holds none (nothing, a web page, a Git LFS pointer), or a damaged one, is one that
/// cannot be read: options.on_error says what becomes of it. load_data calls it.
/// @param split  "" for options.split.
/// Throws FileError for a folder without images, a part or class that is not there or not known, and images
/// of different sizes where the model does not say which it takes.
LabelledData load_image_folder(const std::string& path, const std::string& split, const DataOptions& options);

namespace detail {
/// "2 images of 5 cannot be read and are left out: 'a.png', 'b.png'"
/// @param names  of those that cannot be read, one at least.
/// @param all  how many there are in all.
std::string left_out_images(const std::vector<std::string>& names, int64_t all);
}  // namespace detail

}  // namespace lamina
