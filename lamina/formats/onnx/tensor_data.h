// Tensors as ONNX files hold them. Internal header.
#pragma once

#include <map>
#include <string>

#include "lamina/formats/detail/pieces.h"
#include "lamina/formats/onnx/value.h"
#include <onnx.pb.h>

namespace lamina::onnx {

/// The files beside a model that hold the data of large tensors. Only plain names below the model's folder are
/// opened.
class ExternalData {
 public:
  /// `folder` empty: there are none, and tensors that name one are refused.
  explicit ExternalData(std::string folder) : folder_(std::move(folder)) {}
  /// The bytes that `proto` names, as many as `expected`. Throws FileError for a file that is missing or too short,
  /// and for names that lead out of the folder.
  std::string read(const lamina_onnx_file::TensorProto& proto, uint64_t expected) const;

 private:
  std::string folder_;
};

/// The elements of `proto`, which loses them. Throws InvalidArgument, which names the tensor, for extents that are
/// negative, numbers that are too few or too many, and types that nothing holds.
Value read_tensor(lamina_onnx_file::TensorProto& proto, const ExternalData& external);
/// The same of a sparse tensor, whose other elements are 0.
Value read_tensor(lamina_onnx_file::SparseTensorProto& proto, const ExternalData& external);

/// A tensor or strings as a file holds them; the inverse of read_tensor.
lamina_onnx_file::TensorProto write_tensor(const Value& value, const std::string& name);

/// A tensor that is written without a copy of its elements.
struct WrittenTensor {
  lamina_onnx_file::TensorProto proto;  ///< all of it, but for `elements`
  lamina::detail::Pieces elements;      ///< its raw_data; of none where `proto` holds them
};
/// Large elements that lie as the file has them are left where they are, those in another order are moved when they are
/// written.
WrittenTensor written_tensor(const Value& value, const std::string& name);

}  // namespace lamina::onnx
