// Files of ours that take texts: what their inputs stand for is known without them. Internal header.
#pragma once

namespace lamina_onnx_file {
class ModelProto;
}  // namespace lamina_onnx_file

namespace lamina::onnx {

/// The key under which such a file says, as JSON, which value each input's texts become: {"texts": "texts/Cast:0"}.
inline constexpr char kTextValues[] = "lamina.texts";

/// Lets the graph begin with those values: tensors hold no texts, and what makes numbers of them is part of what the model
/// knows of its data (kDataInfo), as in a .keras file. The inputs keep their names. Throws InvalidArgument for a file that
/// does not say what such a value is.
void begin_behind_texts(lamina_onnx_file::ModelProto& model);

}  // namespace lamina::onnx
