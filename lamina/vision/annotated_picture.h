// The picture of an annotation, as whoever marked it saw it. lamina.h leaves it out.
#pragma once

#include "lamina/image/load_img.h"
#include "lamina/vision/annotations.h"

namespace lamina::vision {

/// The picture in `image.file`, in the orientation that its boxes are meant for: upright as its camera noted
/// (Exif), which is what programs for marking show and what `Detector::detect` is given, unless the
/// annotations say the size that it has before it is turned. Throws FileError as load_img.
Picture load_picture(const AnnotatedImage& image);

}  // namespace lamina::vision
