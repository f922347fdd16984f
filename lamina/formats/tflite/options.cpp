// Options of operators as attributes of nodes, by the names that the tables' fields have.
#define FLATBUFFERS_LOCALE_INDEPENDENT 0  // texts are not read as numbers here, and headers suffice
#include <flatbuffers/flexbuffers.h>
#include <flatbuffers/minireflect.h>
#include <fmt/format.h>

#include "lamina/base/error.h"
#include "lamina/formats/onnx/attribute_kind.h"
#include "lamina/formats/tflite/translate.h"

namespace lamina::tflite {
namespace {

using lamina_onnx_file::AttributeProto;
using lamina_onnx_file::NodeProto;

using enum onnx::AttributeKind;

// Each field that is there becomes an attribute of its name.
class Writer final : public flatbuffers::IterationVisitor {
 public:
  explicit Writer(NodeProto& node) : node_(node) {}

  void Field(size_t, size_t, flatbuffers::ElementaryType type, bool is_vector, const flatbuffers::TypeTable*,
             const char* name, const uint8_t* value) override {
    attribute_ = nullptr;
    if (!value || !name) return;
    list_ = is_vector;
    const bool real = type == flatbuffers::ET_FLOAT || type == flatbuffers::ET_DOUBLE;
    attribute_ = &onnx::add_attribute(node_, name,
                            type == flatbuffers::ET_STRING ? kString
                            : is_vector                    ? (real ? kFloats : kInts)
                                                           : (real ? kFloat : kInt));
  }
  void UType(uint8_t value, const char*) override { integer(value); }
  void Bool(bool value) override { integer(value ? 1 : 0); }
  void Char(int8_t value, const char*) override { integer(value); }
  void UChar(uint8_t value, const char*) override { integer(value); }
  void Short(int16_t value, const char*) override { integer(value); }
  void UShort(uint16_t value, const char*) override { integer(value); }
  void Int(int32_t value, const char*) override { integer(value); }
  void UInt(uint32_t value, const char*) override { integer(value); }
  void Long(int64_t value) override { integer(value); }
  void ULong(uint64_t value) override { integer(static_cast<int64_t>(value)); }
  void Float(float value) override { real(value); }
  void Double(double value) override { real(static_cast<float>(value)); }
  void String(const flatbuffers::String* text) override {
    if (attribute_ && text) attribute_->set_s(text->str());
  }

 private:
  void integer(int64_t value) {
    if (!attribute_) return;
    if (list_) {
      attribute_->add_ints(value);
    } else {
      attribute_->set_i(value);
    }
  }
  void real(float value) {
    if (!attribute_) return;
    if (list_) {
      attribute_->add_floats(value);
    } else {
      attribute_->set_f(value);
    }
  }

  NodeProto& node_;
  AttributeProto* attribute_ = nullptr;
  bool list_ = false;
};

void write_union(const void* table, uint8_t kind, const flatbuffers::TypeTable& kinds, NodeProto& node) {
  if (!table || kind == 0) return;
  if (kind >= kinds.num_elems) throw Unsupported("it has options of a kind that is not known");
  const auto code = kinds.type_codes[kind];
  if (code.sequence_ref < 0) return;
  Writer writer(node);
  flatbuffers::IterateObject(static_cast<const uint8_t*>(table), kinds.type_refs[code.sequence_ref](),
                             &writer);
}

}  // namespace

void write_attribute(NodeProto& node, const std::string& name, const std::vector<int64_t>& values) {
  AttributeProto& added = onnx::add_attribute(node, name, kInts);
  for (const int64_t value : values) added.add_ints(value);
}

void write_attribute(NodeProto& node, const std::string& name, const std::vector<float>& values) {
  AttributeProto& added = onnx::add_attribute(node, name, kFloats);
  for (const float value : values) added.add_floats(value);
}

void write_options(const fb::Operator& op, NodeProto& node) {
  write_union(op.options(), op.options_type(), *fb::OptionsTypeTable(), node);
  write_union(op.more_options(), op.more_options_type(), *fb::MoreOptionsTypeTable(), node);
}

void write_custom_options(std::string_view bytes, NodeProto& node) {
  if (bytes.empty()) return;
  const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
  std::vector<uint8_t> seen;
  if (!flexbuffers::VerifyBuffer(data, bytes.size(), &seen) ||
      !flexbuffers::GetRoot(data, bytes.size()).IsMap()) {
    onnx::add_attribute(node, "bytes", kString).set_s(std::string(bytes));
    return;
  }
  const flexbuffers::Map map = flexbuffers::GetRoot(data, bytes.size()).AsMap();
  const auto keys = map.Keys();
  for (size_t i = 0; i < keys.size(); ++i) {
    const std::string name = keys[i].AsKey();
    const flexbuffers::Reference value = map[name.c_str()];
    if (value.IsFloat()) {
      onnx::add_attribute(node, name, kFloat).set_f(value.AsFloat());
    } else if (value.IsNumeric() || value.IsBool()) {
      onnx::add_attribute(node, name, kInt).set_i(value.IsBool() ? (value.AsBool() ? 1 : 0) : value.AsInt64());
    } else if (value.IsString()) {
      onnx::add_attribute(node, name, kString).set_s(value.AsString().str());
    } else if (value.IsTypedVector() && value.GetType() != flexbuffers::FBT_VECTOR_FLOAT) {
      std::vector<int64_t> list;
      const auto vector = value.AsTypedVector();
      for (size_t k = 0; k < vector.size(); ++k) list.push_back(vector[k].AsInt64());
      write_attribute(node, name, list);
    } else {
      onnx::add_attribute(node, name, kString).set_s("");  // nothing that an operator asks for
    }
  }
}

}  // namespace lamina::tflite
