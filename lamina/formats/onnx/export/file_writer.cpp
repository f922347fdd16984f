// Files of ONNX models: the graph with its weights inside, or those beside it.
#include "lamina/formats/onnx/export/file_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/formats/detail/pieces.h"
#include "lamina/formats/onnx/tensor_data.h"

namespace lamina::onnx {
namespace {

/// Smaller constants stay in the file: ONNX wants shapes there.
constexpr size_t kBesideFrom = 1024;
/// Protocol buffers hold less than 2 GiB; some room is left for what is not weights.
constexpr uint64_t kMostInside = (uint64_t{1} << 31) - (uint64_t{64} << 20);

void add_entry(lamina_onnx_file::TensorProto& tensor, const char* key, const std::string& value) {
  lamina_onnx_file::Entry& entry = *tensor.add_external_data();
  entry.set_key(key);
  entry.set_value(value);
}

using lamina::detail::Pieces;

void add_number(std::string& out, uint64_t value) {
  for (; value >= 128; value >>= 7) out += static_cast<char>(value | 128);
  out += static_cast<char>(value);
}
/// The beginning of a field of so many bytes.
std::string field(int number, uint64_t bytes) {
  constexpr int kBytes = 2;
  std::string out;
  add_number(out, static_cast<uint64_t>(number << 3 | kBytes));
  add_number(out, bytes);
  return out;
}
Pieces message(int number, Pieces content) {
  Pieces all(field(number, content.size()));
  all.add(std::move(content));
  return all;
}

/// The constants of a file as initializers; large elements go to `beside`, where there is one.
Pieces initializers(const std::vector<std::pair<std::string, Value>>& constants, Pieces* beside,
                    const std::string& location) {
  using lamina_onnx_file::GraphProto;
  using lamina_onnx_file::TensorProto;
  Pieces all;
  for (const auto& [name, value] : constants) {
    WrittenTensor tensor = written_tensor(value, name);
    if (beside && tensor.elements.size() == 0 && tensor.proto.raw_data().size() >= kBesideFrom)
      tensor.elements = Pieces(std::move(*tensor.proto.mutable_raw_data()));
    const uint64_t bytes = tensor.elements.size();
    const bool outside = beside && bytes > 0;
    if (outside) {
      tensor.proto.clear_raw_data();
      add_entry(tensor.proto, "location", location);
      add_entry(tensor.proto, "offset", std::to_string(beside->size()));
      add_entry(tensor.proto, "length", std::to_string(bytes));
      tensor.proto.set_data_location(1);
    }
    Pieces content(tensor.proto.SerializeAsString());
    if (outside) {
      beside->add(std::move(tensor.elements));
    } else if (bytes > 0) {
      content.add(message(TensorProto::kRawDataFieldNumber, std::move(tensor.elements)));
    }
    all.add(message(GraphProto::kInitializerFieldNumber, std::move(content)));
  }
  return all;
}

/// The whole file: the graph with its initializers behind all else.
Pieces whole_file(lamina_onnx_file::ModelProto& proto, Pieces initializers) {
  Pieces graph(proto.graph().SerializeAsString());
  proto.clear_graph();
  graph.add(std::move(initializers));
  Pieces file(proto.SerializeAsString());
  file.add(message(lamina_onnx_file::ModelProto::kGraphFieldNumber, std::move(graph)));
  return file;
}

void put(AtomicFile& file, const Pieces& pieces) {
  file.reserve(pieces.size());
  pieces.for_each([&](std::string_view piece) { file.write(piece); });
}

/// Where weights beside the model go, and where those of an older one lie that stay whole until the new model is there.
struct Beside {
  explicit Beside(const std::string& model) : path(model + ".data"), older(model + ".1.data") {
    std::error_code ignored;
    if (std::filesystem::exists(path, ignored)) std::swap(path, older);
  }
  std::string name() const { return std::filesystem::path(path).filename().string(); }
  std::string path, older;
};

}  // namespace

std::vector<std::string> write_model_file(lamina_onnx_file::ModelProto proto, const NamedConstants& constants, const std::string& path,
                                          uint64_t weights_beside) {
  uint64_t bytes = 0;
  for (const auto& constant : constants)
    bytes += constant.second.is_tensor() ? size_of(storage(constant.second.type())) * static_cast<uint64_t>(constant.second.shape().size()) : 0;
  if (bytes == 0 || bytes < std::min(weights_beside, kMostInside)) {
    lamina::detail::write_pieces(path, whole_file(proto, initializers(constants, nullptr, "")));
    return {path};
  }
  const Beside beside(path);
  Pieces data;
  Pieces inside = initializers(constants, &data, beside.name());
  const Pieces content = whole_file(proto, std::move(inside));
  if (content.size() > kMostInside)
    throw Unsupported(fmt::format("the graph alone would take {} bytes, more than the 2 GiB that ONNX allows", content.size()));
  AtomicFile graph(path), weights(beside.path);
  put(graph, content);
  put(weights, data);
  weights.commit();
  graph.commit();
  std::error_code ignored;  // one that stays is in nobody's way
  std::filesystem::remove(beside.older, ignored);
  return {path, beside.path};
}

}  // namespace lamina::onnx
