// Verifying TFLite files.
#include "lamina/formats/tflite/file.h"

#include <fmt/format.h>

#include <algorithm>

#include "lamina/base/detail/file_kind.h"
#include "lamina/base/error.h"

namespace lamina::tflite {

File::File(std::string_view bytes) : bytes_(bytes) {
  const bool named = bytes.size() >= 8 && bytes.substr(4, 4) == "TFL3";
  if (!named) {
    if (bytes.size() >= 8 && bytes.substr(4, 3) == "TFL")
      throw Unsupported("is of another version of the format than 3, the one that is known");
    throw InvalidArgument("is no TFLite file; it is " + lamina::detail::kind_of_bytes(bytes));
  }
  // Buffers may lie behind the tables, which are below 2 GB.
  const size_t tables = std::min(bytes.size(), static_cast<size_t>(FLATBUFFERS_MAX_BUFFER_SIZE) - 1);
  constexpr size_t kDeepest = 32;
  flatbuffers::Verifier verifier(reinterpret_cast<const uint8_t*>(bytes.data()), tables, kDeepest,
                                 static_cast<flatbuffers::uoffset_t>(std::min<size_t>(tables, 1 << 24)));
  if (!fb::VerifyModelBuffer(verifier))
    throw InvalidArgument("is a damaged TFLite file: its tables do not fit together, or it was cut off");
  model_ = fb::GetModel(bytes.data());
  if (model_->version() != 3)
    throw Unsupported(fmt::format("is of version {} of the format; 3 is known", model_->version()));
  require_lists();
}

// Lists may be left out, and elements of lists of tables cannot be null once verified.
void File::require_lists() const {
  const auto* graphs = model_->subgraphs();
  if (!graphs || graphs->size() == 0) throw InvalidArgument("holds no graph");
  if (!model_->buffers()) throw InvalidArgument("has no list of buffers");
  const uint32_t codes = model_->operator_codes() ? model_->operator_codes()->size() : 0;
  for (uint32_t i = 0; i < graphs->size(); ++i) {
    const fb::SubGraph& graph = *graphs->Get(i);
    const uint32_t tensors = graph.tensors() ? graph.tensors()->size() : 0;
    const auto require = [&](const flatbuffers::Vector<int32_t>* places, int least, const std::string& what) {
      for (uint32_t k = 0; places && k < places->size(); ++k) {
        const int32_t place = places->Get(k);
        if (place < least || place >= static_cast<int64_t>(tensors))
          throw InvalidArgument(fmt::format("{} of graph {} name tensor {}, of {}", what, i, place, tensors));
      }
    };
    require(graph.inputs(), 0, "the inputs");
    require(graph.outputs(), 0, "the outputs");
    for (uint32_t k = 0; graph.operators() && k < graph.operators()->size(); ++k) {
      const fb::Operator& op = *graph.operators()->Get(k);
      if (op.opcode_index() >= codes)
        throw InvalidArgument(
            fmt::format("operator {} of graph {} is of kind {}, of {}", k, i, op.opcode_index(), codes));
      require(op.inputs(), -1, fmt::format("the inputs of operator {}", k));
      require(op.outputs(), -1, fmt::format("the outputs of operator {}", k));
      require(op.intermediates(), -1, fmt::format("the values within operator {}", k));
    }
  }
}

std::string_view File::range(uint64_t offset, uint64_t size) const {
  if (offset > bytes_.size() || size > bytes_.size() - offset) {
    throw InvalidArgument(
        fmt::format("was cut off: data of {} bytes begin at {}, and it has {}", size, offset, bytes_.size()));
  }
  return bytes_.substr(offset, size);
}

std::string_view File::buffer(uint32_t index) const {
  if (index >= model_->buffers()->size()) {
    throw InvalidArgument(fmt::format("a tensor names buffer {}, of {}", index, model_->buffers()->size()));
  }
  const fb::Buffer& buffer = *model_->buffers()->Get(index);
  // 0 and 1 stand for "not there", too.
  if (buffer.offset() > 1) return range(buffer.offset(), buffer.size());
  if (!buffer.data()) return {};
  return {reinterpret_cast<const char*>(buffer.data()->data()), buffer.data()->size()};
}

int File::code(const fb::OperatorCode& operator_code) {
  return std::max<int>(operator_code.short_code(), operator_code.builtin_code());
}

std::string File::name(const fb::OperatorCode& operator_code) {
  const int number = code(operator_code);
  if (number == fb::BuiltinOperator_CUSTOM)
    return operator_code.custom_code() ? operator_code.custom_code()->str() : "";
  const char* known = fb::EnumNameBuiltinOperator(static_cast<fb::BuiltinOperator>(number));
  return *known ? known : fmt::format("operator {}", number);
}

}  // namespace lamina::tflite
