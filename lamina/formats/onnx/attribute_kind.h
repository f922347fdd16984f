// Kinds of attributes, as files number them. Internal header.
#pragma once

#include <cstdint>
#include <string>

#include <onnx.pb.h>

namespace lamina::onnx {

/// AttributeProto.AttributeType of the format.
enum class AttributeKind : int32_t { kFloat = 1, kInt, kString, kTensor, kGraph, kFloats, kInts, kStrings };

/// Gives `node` an attribute of that kind; its value is the caller's to set.
inline lamina_onnx_file::AttributeProto& add_attribute(lamina_onnx_file::NodeProto& node, const std::string& name,
                                                       AttributeKind kind) {
  lamina_onnx_file::AttributeProto& added = *node.add_attribute();
  added.set_name(name);
  added.set_type(static_cast<int32_t>(kind));
  return added;
}

}  // namespace lamina::onnx
