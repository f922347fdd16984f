// TensorFlow's numbers of types, and its constants as values. Internal header.
#pragma once

#include <string>

#include <tensorflow.pb.h>
#include "lamina/formats/onnx/value.h"

namespace lamina::tensorflow {

/// The element type of DataType `number`; kUndefined for resources, variants and types that nothing here
/// holds.
onnx::ElementType element_type(int number);

/// The extents, -1 for open ones. Throws InvalidArgument, naming `what`, for a rank that is open or too
/// large.
Shape shape_of(const lamina_tensorflow_file::TensorShapeProto& shape, const std::string& what);

/// A constant. Throws InvalidArgument, naming `what`, for one whose numbers do not fit its shape, and
/// Unsupported for types that nothing holds.
onnx::Value read_constant(const lamina_tensorflow_file::TensorProto& tensor, const std::string& what);

}  // namespace lamina::tensorflow
