// Texts as tensors of bytes, and their .npy files.
#include "lamina/formats/text_tensors.h"

#include <algorithm>
#include <cstring>
#include <memory>

#include "lamina/backend/backend.h"
#include "lamina/base/detail/file_kind.h"
#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/base/terminal.h"
#include "lamina/base/utf8.h"
#include "lamina/formats/detail/byte_source.h"
#include "lamina/formats/detail/npy_elements.h"
#include "lamina/formats/detail/reading.h"
#include "lamina/text/detail/unicode.h"

namespace lamina {
namespace {

constexpr const char* kSection = "text_tensors";
// Every text takes as much as the longest: a long one beside many short ones must not take all memory.
constexpr uint64_t kMostBytes = uint64_t{1} << 31;

void require_room(uint64_t count, uint64_t longest, const char* what) {
  if (longest == 0 || count <= kMostBytes / longest) return;
  throw InvalidArgument(std::string(what) + ": " + std::to_string(count) + " texts of up to " + std::to_string(longest) +
                        " bytes each take more than 2 GiB in one array");
}

std::vector<std::string> names_in(const DataInfo& info, const char* member) {
  const Json* const section = info.sections.find(kSection);
  const Json* const list = section && section->is_object() ? section->find(member) : nullptr;
  if (!list || !list->is_list()) return {};
  std::vector<std::string> names;
  for (const Json& each : list->as_list()) {
    if (each.is_string()) names.push_back(each.as_string());
  }
  return names;
}

Json json_of(const std::vector<std::string>& names) {
  Json list = Json::list();
  for (const std::string& name : names) list.push_back(name);
  return list;
}

bool has(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

Tensor tensor_of_texts(const Texts& texts) {
  if (texts.shape.size() != static_cast<int64_t>(texts.values.size()))
    throw InvalidArgument("tensor_of_texts: " + std::to_string(texts.values.size()) + " texts are not of shape " + texts.shape.str());
  size_t longest = 1;
  for (const std::string& text : texts.values) {
    longest = std::max(longest, text.size());
    if (text.find('\0') != text.npos) throw InvalidArgument("tensor_of_texts: a text has a byte of 0");
  }
  require_room(texts.values.size(), longest, "tensor_of_texts");
  Shape shape = texts.shape;
  if (shape.rank() == Shape::kMaxRank) throw InvalidArgument("tensor_of_texts: texts of shape " + shape.str() + " have too many axes");
  shape.push_back(static_cast<int64_t>(longest));
  auto buffer = std::make_shared<Buffer>(Device{}, texts.values.size() * longest);
  char* at = static_cast<char*>(buffer->data());
  for (const std::string& text : texts.values) {
    std::memcpy(at, text.data(), text.size());
    std::memset(at + text.size(), 0, longest - text.size());
    at += longest;
  }
  return Tensor::wrap(std::move(buffer), {DType::kUInt8, shape});
}

Texts texts_of(const Tensor& tensor) {
  if (tensor.dtype() != DType::kUInt8 || tensor.rank() == 0) {
    throw InvalidArgument("texts are a tensor of uint8 with their bytes in the last axis; received " + std::string(name(tensor.dtype())) +
                          " of shape " + tensor.shape().str());
  }
  Texts texts;
  for (int axis = 0; axis + 1 < tensor.rank(); ++axis) texts.shape.push_back(tensor.shape()[axis]);
  const auto longest = static_cast<size_t>(tensor.shape()[-1]);
  const char* at = reinterpret_cast<const char*>(tensor.data<uint8_t>());
  for (int64_t i = 0; i < texts.shape.size(); ++i, at += longest)
    texts.values.emplace_back(at, std::find(at, at + longest, '\0'));
  return texts;
}

bool TextTensors::takes(const std::string& input) const { return has(inputs, input); }
bool TextTensors::gives(const std::string& output) const { return has(outputs, output); }

TextTensors text_tensors(const Model& model) {
  return {names_in(model.data_info(), "inputs"), names_in(model.data_info(), "outputs")};
}

void set_text_tensors(Model& model, const TextTensors& texts) {
  DataInfo info = model.data_info();
  info.sections[kSection] = Json::object({{"inputs", json_of(texts.inputs)}, {"outputs", json_of(texts.outputs)}});
  model.set_data_info(std::move(info));
}

bool is_npy_of_texts(const std::string& path) {
  return detail::reading(path, [&] {
    detail::refuse_pipe(path);
    return detail::npy_header_of(detail::ByteSource::of_file(path), path, true).is_text();
  });
}

Tensor read_npy_texts(const std::string& path) {
  return detail::reading(path, [&] {
    detail::refuse_pipe(path);
    const std::string bytes = read_file(path);
    const detail::NpyHeader header = detail::parse_npy_header(bytes, path, true);
    return tensor_of_texts({detail::parse_npy_text(bytes, path), header.type.shape});
  });
}

void write_npy_texts(const std::string& path, const Tensor& tensor) {
  Texts texts = texts_of(tensor);
  size_t longest = 1;  // as NumPy has it of empty texts
  for (std::string& text : texts.values) {
    text = valid_utf8(text);
    longest = std::max(longest, count_characters(text));
  }
  require_room(texts.values.size(), longest * 4, "write_npy_texts");
  std::string elements(texts.values.size() * longest * 4, '\0');
  for (size_t i = 0; i < texts.values.size(); ++i) {
    char* at = elements.data() + i * longest * 4;
    detail::for_each_character(texts.values[i], [&](const detail::Character& character) {
      std::memcpy(at, &character.code, 4);
      at += 4;
    });
  }
  write_file(path, detail::npy_text_header(longest, texts.shape) + elements);
}

}  // namespace lamina
