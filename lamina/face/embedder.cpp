// The networks that embed, and the product of two embeddings.
#include "lamina/face/embedder.h"

#include <cmath>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/face/detail/networks.h"
#include "lamina/formats/onnx/onnx.h"
#include "lamina/image/detail/codecs.h"
#include "lamina/image/detail/resample.h"
#include "lamina/zoo/detail/face_views.h"
#include "lamina/zoo/face_info.h"
#include "lamina/zoo/without_head.h"

namespace lamina::face {

struct Embedder::Network {
  explicit Network(Model model) : asked(std::move(model)) {}

  Model asked;
  Template shape = {};
  bool planes = false;  // channels in front, blue first, 0 to 255; else greys behind, as bytes
  double threshold = 0;
  int64_t dimensions = 0;
  std::string fingerprint = {};
};

namespace {

// FNV-1a (G. Fowler, L. Noll, K.-P. Vo, 1991), 64 bits: it tells files apart, and guards against nothing.
std::string fnv_of(const std::string& bytes) {
  uint64_t hash = 14695981039346656037ULL;
  for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 1099511628211ULL;
  std::string text;
  for (int i = 60; i >= 0; i -= 4) text += "0123456789abcdef"[(hash >> i) & 15];
  return text;
}

Tensor planes_of(const Picture& picture) {
  const size_t pixels = picture.pixels.size() / 3;
  std::vector<float> values(3 * pixels);
  for (size_t c = 0; c < 3; ++c) {
    for (size_t i = 0; i < pixels; ++i) values[c * pixels + i] = picture.pixels[3 * i + 2 - c];
  }
  return Tensor::from(values, {1, 3, picture.height, picture.width});
}

// Its views, as many as are averaged.
Tensor greys_of(const Picture& picture) {
  const Picture grey = lamina::detail::with_channels(picture, 1, "a picture");
  std::vector<uint8_t> views;
  lamina::detail::append_face_views(grey.pixels.data(), grey.height, grey.width, views);
  return Tensor::from(std::vector<float>(views.begin(), views.end()),
                      {static_cast<int64_t>(lamina::detail::kFaceViews), grey.height, grey.width, 1});
}

std::vector<float> numbers_of(Embedder::Network& network, const Picture& picture) {
  if (network.planes) return network.asked.predict_on_batch(planes_of(picture)).to_vector<float>();
  return lamina::detail::sums_of_views(network.asked.predict_on_batch(greys_of(picture)).to_vector<float>(),
                                       1)[0];
}

std::shared_ptr<Embedder::Network> network_of_onnx(const std::string& path) {
  auto network = std::make_shared<Embedder::Network>(load_onnx(path));
  const auto refuse = [&](const std::string& what) {
    throw FileError("'" + path + "': embeds no faces: " + what +
                    "; expected an input (1, 3, side, side) and one output of n values");
  };
  if (network->asked.input_names().size() != 1 || network->asked.output_names().size() != 1)
    refuse("it has other than one input and one output");
  const Shape& input = network->asked.input_shape();
  if (input.rank() != 4 || input[1] != 3 || input[2] < 16 || input[2] > 1024 || input[3] != input[2])
    refuse("its input is " + input.str());
  network->shape = retail_template();
  network->shape.height = network->shape.width = static_cast<int>(input[2]);
  network->planes = true;
  network->threshold = 0.4;
  return network;
}

std::shared_ptr<Embedder::Network> network_of_keras(const std::string& path) {
  const Model model = load_model(path, {.compile = false});
  const std::optional<FaceInfo> info = FaceInfo::of(model.data_info(), "'" + path + "'");
  if (!info) throw FileError("'" + path + "' does not know faces: expected what `lamina train faces` saved");
  auto network = std::make_shared<Embedder::Network>(without_head(model, info->layer).model);
  const Shape& input = network->asked.input_shape();
  if (input.rank() != 4 || input[1] < 8 || input[1] > 1024 || input[2] < 8 || input[2] > 1024 ||
      input[3] != 1)
    throw FileError("'" + path + "': its input is " + input.str() +
                    "; expected greys (batch, height, width, 1)");
  network->shape.height = static_cast<int>(input[1]);
  network->shape.width = static_cast<int>(input[2]);
  for (size_t i = 0; i < network->shape.landmarks.size(); ++i)
    network->shape.landmarks[i] = {info->landmarks[2 * i], info->landmarks[2 * i + 1]};
  network->threshold = info->threshold;
  return network;
}

Embedding of_length_one(std::vector<float> values) {
  double square = 0;
  for (const float value : values) square += static_cast<double>(value) * value;
  if (!(square > 0) || !std::isfinite(square))
    throw Error("the network gives no direction for this face: its numbers are NaN, infinite or all zero");
  const double length = std::sqrt(square);
  for (float& value : values) value = static_cast<float>(value / length);
  return values;
}

}  // namespace

double similarity(const Embedding& a, const Embedding& b) {
  if (a.empty() || a.size() != b.size()) {
    throw InvalidArgument("similarity: expected two embeddings of one length, received " +
                          std::to_string(a.size()) + " and " + std::to_string(b.size()) +
                          " numbers; are they of different networks?");
  }
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * b[i];
  return sum;
}

Embedder Embedder::load(const std::string& path) {
  Embedder embedder(path.ends_with(".keras") ? network_of_keras(path) : network_of_onnx(path));
  Network& network = *embedder.network_;
  network.fingerprint = fnv_of(read_file(path));
  Picture grey{network.shape.height, network.shape.width, 3, {}};
  grey.pixels.assign(static_cast<size_t>(grey.height) * static_cast<size_t>(grey.width) * 3, 128);
  network.dimensions = static_cast<int64_t>(numbers_of(network, grey).size());
  if (network.dimensions < 2 || network.dimensions > 65536) {
    throw FileError("'" + path + "': embeds no faces: it gives " + std::to_string(network.dimensions) +
                    " numbers for a picture; expected 2 to 65536");
  }
  return embedder;
}

Embedding Embedder::embed(const Picture& picture, const Face& face) const {
  if (!face.landmarks) {
    throw InvalidArgument(
        "embed: the face has no landmarks to align it by; find it with a detector that gives them (one with "
        "five points, "
        "or MTCNN)");
  }
  return embed_aligned(align(detail::in_colours(picture), *face.landmarks, network_->shape));
}

Embedding Embedder::embed_aligned(const Picture& picture) const {
  if (picture.height < 1 || picture.width < 1)
    throw InvalidArgument("embed_aligned: expected a picture of at least one pixel, received one without");
  const Template& shape = network_->shape;
  Picture fitting = detail::in_colours(picture);
  if (fitting.height != shape.height || fitting.width != shape.width)
    fitting = lamina::detail::resample(fitting, {0, 0, picture.height, picture.width}, shape.height,
                                       shape.width, "bilinear");
  return of_length_one(numbers_of(*network_, fitting));
}

const std::string& Embedder::fingerprint() const { return network_->fingerprint; }
int64_t Embedder::dimensions() const { return network_->dimensions; }
double Embedder::threshold() const { return network_->threshold; }

}  // namespace lamina::face
