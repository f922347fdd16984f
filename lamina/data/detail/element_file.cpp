// Writing and reading files of elements. Whatever is in a file, reading ends with an element or a FileError.
#include "lamina/data/detail/element_file.h"

#include <zlib.h>

#include <algorithm>
#include <cstring>

#include "lamina/backend/backend.h"
#include "lamina/base/error.h"
#include "lamina/data/detail/element_parts.h"

namespace lamina::detail {
namespace {

constexpr char kFormat[] = "lamina dataset cache 1\n";
constexpr uint64_t kFormatSize = sizeof kFormat - 1;
constexpr uint64_t kNumber = 8, kCheck = 4;  // bytes

std::string encoded(uint64_t number, uint64_t bytes = kNumber) {
  std::string text;
  for (uint64_t i = 0; i < bytes; ++i) text += static_cast<char>(number >> (8 * i) & 255);
  return text;
}
uint64_t decoded(std::string_view text) {
  uint64_t number = 0;
  for (size_t i = 0; i < text.size(); ++i) number |= uint64_t{static_cast<uint8_t>(text[i])} << (8 * i);
  return number;
}

uint64_t checksum(uint64_t before, const char* data, size_t size) {
  return crc32_z(static_cast<uLong>(before), reinterpret_cast<const Bytef*>(data), size);
}

Json described(const Tensors& tensors) {
  Json types = Json::list();
  for (const Tensor& tensor : tensors) {
    Json dims = Json::list();
    for (const int64_t extent : tensor.shape()) dims.push_back(extent);
    types.push_back(Json::list({name(tensor.dtype()), std::move(dims)}));
  }
  Json names = Json::list();
  for (const std::string& one : tensors.names()) names.push_back(one);
  return Json::object({{"names", std::move(names)}, {"types", std::move(types)}});
}

}  // namespace

ElementFileWriter::ElementFileWriter(const std::string& path, const ElementFileInfo& info) : file_(path) {
  file_.write({kFormat, kFormatSize});
  size_ = kFormatSize;
  // As text: a number of JSON holds no 64 bits.
  record(Json::object(
             {{"pipeline", info.pipeline}, {"seed", info.seed ? Json(std::to_string(*info.seed)) : Json()}})
             .dump(),
         {});
}

void ElementFileWriter::record(const std::string& text, const std::vector<const Tensor*>& tensors) {
  uint64_t bytes = 0;
  for (const Tensor* tensor : tensors) bytes += tensor->type().bytes();
  const std::string head = encoded(text.size()) + encoded(bytes) + text;
  uint64_t check = checksum(0, head.data(), head.size());
  places_ += encoded(size_);
  file_.write(head);
  for (const Tensor* tensor : tensors) {
    const size_t size = tensor->type().bytes();
    if (size == 0) continue;
    check = checksum(check, bytes_of(*tensor), size);
    file_.write({bytes_of(*tensor), size});
  }
  file_.write(encoded(check, kCheck));
  size_ += head.size() + bytes + kCheck;
}

void ElementFileWriter::write(const Element& element) {
  Json text = Json::object();
  std::vector<const Tensor*> tensors;
  for (const Part& part : kParts) {
    text[part.name] = described(element.*part.tensors);
    for (const Tensor& tensor : element.*part.tensors) tensors.push_back(&tensor);
  }
  record(text.dump(), tensors);
}

void ElementFileWriter::finish() {
  file_.write(places_);
  file_.write(encoded(checksum(0, places_.data(), places_.size())) + encoded(size_));
  file_.commit();
}

ElementFileReader::ElementFileReader(const std::string& path) : path_(path), file_(path, std::ios::binary) {
  if (!file_) throw FileError("'" + path + "' cannot be opened");
  file_.seekg(0, std::ios::end);
  const uint64_t size = static_cast<uint64_t>(file_.tellg());
  if (size < kFormatSize || bytes(0, kFormatSize) != kFormat) {
    throw FileError(
        "'" + path_ +
        "' exists, but is no cache of a Dataset that this version reads: name another file, or delete "
        "this one");
  }
  // Behind the records: their places, a checksum of that table, and where it begins.
  if (size < kFormatSize + 2 * kNumber) damaged("it ends too early");
  const uint64_t tail = size - 2 * kNumber;
  end_ = number(tail + kNumber);
  if (end_ < kFormatSize || end_ > tail || (tail - end_) % kNumber != 0 || tail == end_)
    damaged("it ends too early");
  const std::string table = bytes(end_, tail - end_);
  if (number(tail) != checksum(0, table.data(), table.size()))
    damaged("its table of elements is not what was written");
  for (size_t at = 0; at < table.size(); at += kNumber)
    places_.push_back(decoded({table.data() + at, kNumber}));

  std::string data;
  const std::string text = record(0, data);
  try {
    const Json json = Json::parse(text);
    info_.pipeline = json.at("pipeline").as_string();
    const Json& seed = json.at("seed");
    if (!seed.is_null()) info_.seed = std::stoull(seed.as_string());
  } catch (const std::exception& error) {
    damaged(error.what());
  }
}

void ElementFileReader::damaged(const std::string& what) const {
  throw FileError("'" + path_ + "' is damaged (" + what +
                  "): delete it, and the next whole pass writes it again");
}

std::string ElementFileReader::bytes(uint64_t at, uint64_t count) {
  std::string text(count, '\0');
  file_.clear();
  file_.seekg(static_cast<std::streamoff>(at));
  if (!file_.read(text.data(), static_cast<std::streamsize>(count))) damaged("it cannot be read to its end");
  return text;
}

uint64_t ElementFileReader::number(uint64_t at) { return decoded(bytes(at, kNumber)); }

std::string ElementFileReader::record(size_t index, std::string& data) {
  const std::string what = index == 0 ? "its description" : "element " + std::to_string(index - 1);
  const uint64_t begin = places_[index], end = index + 1 < places_.size() ? places_[index + 1] : end_;
  if (begin < kFormatSize || end > end_ || end < begin || end - begin < 2 * kNumber + kCheck) {
    damaged("it has no place for " + what);
  }
  std::string all = bytes(begin, end - begin);
  const std::string_view body(all.data(), all.size() - kCheck);
  const uint64_t text = decoded(body.substr(0, kNumber)), size = decoded(body.substr(kNumber, kNumber));
  const uint64_t room = body.size() - 2 * kNumber;
  if (text > room || size != room - text ||
      decoded({all.data() + body.size(), kCheck}) != checksum(0, body.data(), body.size())) {
    damaged(what + " is not what was written");
  }
  data = body.substr(2 * kNumber + text);
  return std::string(body.substr(2 * kNumber, text));
}

void ElementFileReader::describe(const std::string& text) {
  if (text == described_) return;
  parts_.clear();
  const Json json = Json::parse(text);
  for (const Part& part : kParts) {
    const Json& description = json.at(part.name);
    PartTypes& types = parts_.emplace_back();
    for (const Json& one : description.at("names").as_list()) types.names.push_back(one.as_string());
    for (const Json& one : description.at("types").as_list()) {
      std::vector<int64_t> dims;
      for (const Json& extent : one.at(1).as_list()) {
        dims.push_back(extent.as_int());
        if (dims.back() < 0) throw InvalidArgument("an extent is negative");
      }
      types.types.push_back({dtype_from_name(one.at(0).as_string()), Shape(dims)});
    }
    if (!types.names.empty() && types.names.size() != types.types.size()) {
      throw InvalidArgument("there are other names than tensors");
    }
  }
  described_ = text;
}

Element ElementFileReader::read(int64_t index) {
  std::string data;
  const std::string text = record(static_cast<size_t>(index) + 1, data);
  Element element;
  try {
    describe(text);
    size_t at = 0;
    for (size_t p = 0; p < parts_.size(); ++p) {
      std::vector<Tensor> values;
      for (const TensorType& type : parts_[p].types) {
        // A shape whose size is beyond 64 bits throws; one that is larger than the record is not made.
        const size_t size = type.bytes();
        if (size > data.size() - at) throw InvalidArgument("there are less bytes than elements of tensors");
        auto buffer = std::make_shared<Buffer>(Device(), size);
        if (size) std::memcpy(buffer->data(), data.data() + at, size);
        const auto* flags = static_cast<const uint8_t*>(buffer->data());
        if (type.dtype == DType::kBool &&
            std::any_of(flags, flags + size, [](uint8_t flag) { return flag > 1; })) {
          throw InvalidArgument("a bool is neither true nor false");
        }
        values.push_back(Tensor::wrap(std::move(buffer), type));
        at += size;
      }
      Tensors& tensors = element.*kParts[p].tensors;
      if (parts_[p].names.empty()) {
        tensors = std::move(values);
        continue;
      }
      std::vector<std::pair<std::string, Tensor>> named;
      for (size_t i = 0; i < values.size(); ++i) named.emplace_back(parts_[p].names[i], values[i]);
      tensors = std::move(named);
    }
    if (at != data.size()) throw InvalidArgument("there are more bytes than elements of tensors");
  } catch (const std::exception& error) {
    described_.clear();
    damaged("element " + std::to_string(index) + ": " + error.what());
  }
  return element;
}

}  // namespace lamina::detail
