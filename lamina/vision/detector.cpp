// Detector: pictures in frames, the network, its head, suppression.
#include "lamina/vision/detector.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "lamina/base/error.h"
#include "lamina/base/log.h"
#include "lamina/data/read_lines.h"
#include "lamina/image/detail/codecs.h"
#include "lamina/image/detail/resample.h"
#include "lamina/vision/detail/annotation_formats.h"
#include "lamina/vision/detail/detector_head.h"

namespace lamina::vision {
namespace {

namespace fs = std::filesystem;

std::vector<Shape> output_shapes(const Model& model) {
  std::vector<Shape> shapes;
  for (const TensorSpec& spec : model.output_specs()) shapes.push_back(spec.shape);
  return shapes;
}

// The only file beside a model that names classes; "" where there is none or more than one.
std::string names_beside(const std::string& path) {
  std::vector<std::string> found;
  for (const std::string& file :
       detail::files_ending(fs::path(path).parent_path().string(), {".names", ".txt"})) {
    const std::string name = fs::path(file).filename().string();
    if (name.ends_with(".names") || name == "classes.txt" || name == "labels.txt") found.push_back(file);
  }
  return found.size() == 1 ? found[0] : "";
}

}  // namespace

Box Framed::to_picture(const Box& box) const {
  return {(box.left - left) / scale_x, (box.top - top) / scale_y, (box.right - left) / scale_x,
          (box.bottom - top) / scale_y};
}

Box Framed::to_frame(const Box& box) const {
  return {box.left * scale_x + left, box.top * scale_y + top, box.right * scale_x + left,
          box.bottom * scale_y + top};
}

Framed framed(const Picture& picture, int64_t height, int64_t width, bool letterbox, double fill) {
  if (height < 1 || width < 1 || picture.height < 1 || picture.width < 1)
    throw InvalidArgument("a picture of " + std::to_string(picture.height) + "x" +
                          std::to_string(picture.width) + " cannot be brought to " + std::to_string(height) +
                          "x" + std::to_string(width) + ": at least one pixel was expected");
  const Picture colours =
      picture.channels == 3 ? picture : lamina::detail::with_channels(picture, 3, "a picture");
  double scale_x = static_cast<double>(width) / picture.width,
         scale_y = static_cast<double>(height) / picture.height;
  if (letterbox) scale_x = scale_y = std::min(scale_x, scale_y);
  const int inner_width =
      std::clamp(static_cast<int>(std::lround(picture.width * scale_x)), 1, static_cast<int>(width));
  const int inner_height =
      std::clamp(static_cast<int>(std::lround(picture.height * scale_y)), 1, static_cast<int>(height));
  Framed result;
  const lamina::detail::Box whole{0, 0, colours.height, colours.width};
  Picture inner = inner_width == colours.width && inner_height == colours.height
                      ? colours
                      : lamina::detail::resample(colours, whole, inner_height, inner_width, "bilinear");
  result.scale_x = static_cast<double>(inner_width) / picture.width;
  result.scale_y = static_cast<double>(inner_height) / picture.height;
  if (inner_width == width && inner_height == height) {
    result.picture = std::move(inner);
    return result;
  }
  const int64_t left = (width - inner_width) / 2, top = (height - inner_height) / 2;
  result.left = static_cast<double>(left);
  result.top = static_cast<double>(top);
  result.picture.height = static_cast<int>(height);
  result.picture.width = static_cast<int>(width);
  result.picture.channels = 3;
  result.picture.pixels.assign(static_cast<size_t>(height * width * 3),
                               static_cast<uint8_t>(std::clamp(fill, 0.0, 255.0)));
  for (int row = 0; row < inner_height; ++row) {
    const auto from = inner.pixels.begin() + static_cast<std::ptrdiff_t>(row) * inner_width * 3;
    std::copy(from, from + static_cast<std::ptrdiff_t>(inner_width) * 3,
              result.picture.pixels.begin() + ((top + row) * width + left) * 3);
  }
  return result;
}

void write_input(const Picture& frame, const DetectorInfo& info, float* to) {
  const int64_t places = static_cast<int64_t>(frame.height) * frame.width;
  float scale[3], offset[3];
  for (size_t c = 0; c < 3; ++c) {
    scale[c] = static_cast<float>(1 / info.deviation[c]);
    offset[c] = static_cast<float>(-info.mean[c] / info.deviation[c]);
  }
  for (int64_t place = 0; place < places; ++place) {
    for (int64_t c = 0; c < 3; ++c) {
      const float byte = frame.pixels[static_cast<size_t>(place * 3 + (info.bgr ? 2 - c : c))];
      to[info.channels_first ? c * places + place : place * 3 + c] = byte * scale[c] + offset[c];
    }
  }
}

Detector::Detector(Model model, const std::string& name, const std::vector<std::string>& class_names)
    : model_(std::move(model)), name_(name) {
  const auto info = recognised_detector(model_, name);
  if (!info)
    throw InvalidArgument(
        name +
        " is not known to detect: a model of 'lamina train' of boxes, NanoDet or FastestDet was "
        "expected");
  info_ = *info;
  const int64_t classes = detail::find_detector_head(info_.head)->classes(info_, output_shapes(model_));
  if (classes < 1)
    throw InvalidArgument(name + " says that its head is '" + info_.head +
                          "', but its outputs are not of such a one");
  class_names_ = model_.data_info().class_names;
  if (!class_names.empty()) class_names_ = class_names;
  if (class_names_.empty()) {
    for (int64_t i = 0; i < classes; ++i) class_names_.push_back("class " + std::to_string(i));
  }
  if (static_cast<int64_t>(class_names_.size()) != classes)
    throw InvalidArgument(name + " tells " + std::to_string(classes) + " classes apart, and " +
                          std::to_string(class_names_.size()) + " names came");
}

Detector Detector::load(const std::string& path, const std::string& classes) {
  return of_file(load_model(path, {.compile = false}), path, classes);
}

Detector Detector::of_file(Model model, const std::string& path, const std::string& classes) {
  std::string file = classes;
  if (file.empty() && model.data_info().class_names.empty()) {
    file = names_beside(path);
    if (file.empty())
      warn("'" + path + "' does not name its classes, and no file beside it does: they are numbered");
  }
  std::vector<std::string> names;
  if (!file.empty()) {
    names = read_lines(file);
    while (!names.empty() && names.back().empty()) names.pop_back();
    if (names.empty()) throw FileError("'" + file + "' names no classes: a line for each was expected");
  }
  return Detector(std::move(model), "'" + path + "'", names);
}

std::vector<Detection> Detector::detect(const Picture& picture, const SuppressionOptions& options) const {
  return detect(std::vector<Picture>{picture}, options)[0];
}

std::vector<std::vector<Detection>> Detector::detect(const std::vector<Picture>& pictures,
                                                     const SuppressionOptions& options) const {
  if (pictures.empty()) return {};
  const auto count = static_cast<int64_t>(pictures.size());
  const int64_t numbers = info_.height * info_.width * 3;
  std::vector<float> values(static_cast<size_t>(count * numbers));
  std::vector<Framed> frames;
  for (int64_t i = 0; i < count; ++i) {
    Framed frame =
        framed(pictures[static_cast<size_t>(i)], info_.height, info_.width, info_.letterbox, info_.fill);
    write_input(frame.picture, info_, values.data() + i * numbers);
    frame.picture = {};
    frames.push_back(std::move(frame));
  }
  const Shape shape = info_.channels_first ? Shape{count, 3, info_.height, info_.width}
                                           : Shape{count, info_.height, info_.width, 3};
  const Tensors said = Model(model_).outputs_on_batch(Tensor::from(values, shape));
  std::vector<Tensor> outputs;
  for (const Tensor& output : said) outputs.push_back(output.astype(DType::kFloat32).to("/CPU:0").eval());
  const detail::DetectorHead& head = *detail::find_detector_head(info_.head);
  std::vector<std::vector<Detection>> all;
  for (int64_t i = 0; i < count; ++i) {
    const Picture& picture = pictures[static_cast<size_t>(i)];
    std::vector<Detection> detections = head.decode({info_, outputs, i, options.score_threshold});
    for (Detection& one : detections) {
      if (std::isnan(one.score))
        throw Error(name_ +
                    ": a score is NaN, so that nothing can be said of the picture: look for such values in "
                    "the weights");
      one.box = clipped(frames[static_cast<size_t>(i)].to_picture(one.box), picture.width, picture.height);
    }
    all.push_back(suppressed(detections, options));
  }
  return all;
}

}  // namespace lamina::vision
