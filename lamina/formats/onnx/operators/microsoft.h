// The domain of operators that ONNX Runtime has beside ONNX's. Internal header.
#pragma once

namespace lamina::onnx {

/// Version 1 is the only one there is.
inline constexpr const char* kMicrosoft = "com.microsoft";

}  // namespace lamina::onnx
