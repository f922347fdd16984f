// DetectorInfo as JSON, and networks that are known by their shapes.
#include "lamina/vision/detector_info.h"

#include <algorithm>
#include <cmath>

#include "lamina/base/error.h"
#include "lamina/vision/detail/detector_head.h"

namespace lamina::vision {
namespace {

constexpr const char* kSection = "detection";
constexpr int64_t kVersion = 1, kLargestSide = 1 << 13, kMostBins = 256;

Json list_of(const auto& numbers) {
  Json list = Json::list();
  for (const auto number : numbers) list.push_back(number);
  return list;
}

void read_three(const Json& list, std::array<double, 3>& numbers) {
  for (size_t i = 0; i < 3; ++i) numbers[i] = list.at(i).as_double();
}

DetectorInfo read_detector_info(const Json& json) {
  const int64_t version = json.at("version").as_int();
  if (version != kVersion)
    throw InvalidArgument("version " + std::to_string(version) +
                          " is not known: the file is from a newer Lamina");
  DetectorInfo info;
  info.head = json.at("head").as_string();
  if (!detail::find_detector_head(info.head))
    throw InvalidArgument("unknown head '" + info.head + "'" + suggest(info.head, detector_heads()));
  info.height = json.at("height").as_int();
  info.width = json.at("width").as_int();
  info.bgr = json.at("bgr").as_bool();
  info.channels_first = json.at("channels_first").as_bool();
  read_three(json.at("mean"), info.mean);
  read_three(json.at("deviation"), info.deviation);
  info.letterbox = json.at("letterbox").as_bool();
  info.fill = json.at("fill").as_double();
  info.strides.clear();
  for (const Json& stride : json.at("strides").as_list()) info.strides.push_back(stride.as_int());
  info.bins = json.at("bins").as_int();
  for (const int64_t side : {info.height, info.width}) {
    if (side < 1 || side > kLargestSide)
      throw InvalidArgument("pictures of " + std::to_string(info.height) + "x" + std::to_string(info.width) +
                            "; 1 to " + std::to_string(kLargestSide) + " pixels were expected");
  }
  if (info.bins < 2 || info.bins > kMostBins || info.strides.empty())
    throw InvalidArgument("2 to " + std::to_string(kMostBins) + " bins and a stride at least were expected");
  for (const int64_t stride : info.strides) {
    if (stride < 1 || info.height % stride != 0 || info.width % stride != 0)
      throw InvalidArgument("the stride " + std::to_string(stride) + " does not divide " +
                            std::to_string(info.height) + "x" + std::to_string(info.width));
  }
  for (size_t i = 0; i < 3; ++i) {
    if (!std::isfinite(info.mean[i]) || !std::isfinite(info.deviation[i]) || info.deviation[i] == 0)
      throw InvalidArgument("means and deviations have to be numbers, and deviations not 0");
  }
  return info;
}

}  // namespace

namespace detail {
namespace {
std::vector<DetectorHead>& head_list() {
  static std::vector<DetectorHead> heads;
  return heads;
}
}  // namespace

bool register_detector_head(DetectorHead head) {
  head_list().push_back(std::move(head));
  std::sort(head_list().begin(), head_list().end(),
            [](const DetectorHead& a, const DetectorHead& b) { return a.name < b.name; });
  return true;
}

const std::vector<DetectorHead>& all_detector_heads() { return head_list(); }

const DetectorHead* find_detector_head(const std::string& name) {
  for (const DetectorHead& head : head_list()) {
    if (head.name == name) return &head;
  }
  return nullptr;
}
}  // namespace detail

Json DetectorInfo::to_json() const {
  return Json::object({{"version", kVersion},
                       {"head", head},
                       {"height", height},
                       {"width", width},
                       {"bgr", bgr},
                       {"channels_first", channels_first},
                       {"mean", list_of(mean)},
                       {"deviation", list_of(deviation)},
                       {"letterbox", letterbox},
                       {"fill", fill},
                       {"strides", list_of(strides)},
                       {"bins", bins}});
}

DetectorInfo DetectorInfo::from_json(const Json& json, const std::string& name) {
  try {
    return read_detector_info(json);
  } catch (const InvalidArgument& error) {
    throw FileError(name + ": section '" + kSection + "': " + error.what());
  }
}

int64_t DetectorInfo::places() const {
  int64_t count = 0;
  for (const int64_t stride : strides) count += (height / stride) * (width / stride);
  return count;
}

std::optional<DetectorInfo> detector_info(const Model& model, const std::string& name) {
  const Json* section = model.data_info().sections.find(kSection);
  if (!section) return std::nullopt;
  return DetectorInfo::from_json(*section, name);
}

std::optional<DetectorInfo> recognised_detector(const Model& model, const std::string& name) {
  if (auto said = detector_info(model, name)) return said;
  if (!model.built() || model.input_specs().size() != 1) return std::nullopt;
  std::vector<Shape> outputs;
  for (const TensorSpec& spec : model.output_specs()) outputs.push_back(spec.shape);
  for (const detail::DetectorHead& head : detail::all_detector_heads()) {
    if (!head.recognise) continue;
    if (auto found = head.recognise(model.input_shape(), outputs)) return found;
  }
  return std::nullopt;
}

void set_detector_info(Model& model, const DetectorInfo& info, const std::vector<std::string>& class_names) {
  DataInfo data = model.data_info();
  data.class_names = class_names;
  data.sections[kSection] = info.to_json();
  model.set_data_info(std::move(data));
}

std::vector<std::string> detector_heads() {
  std::vector<std::string> names;
  for (const detail::DetectorHead& head : detail::all_detector_heads()) names.push_back(head.name);
  return names;
}

}  // namespace lamina::vision
