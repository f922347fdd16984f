// Which way round a picture was when somebody marked it.
#include "lamina/vision/annotated_picture.h"

namespace lamina::vision {

Picture load_picture(const AnnotatedImage& image) {
  const auto is_of = [&](const Picture& picture) {
    return picture.width == image.width && picture.height == image.height;
  };
  Picture upright = load_img(image.file, {.exif_orientation = true});
  if (image.width < 1 || image.height < 1 || is_of(upright)) return upright;
  Picture stored = load_img(image.file);
  return is_of(stored) ? stored : upright;
}

}  // namespace lamina::vision
