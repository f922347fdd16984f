// Any bytes as the index of a checkpoint of TensorFlow's, and as the objects of a SavedModel.
#include "lamina/base/error.h"
#include "lamina/formats/detail/tensor_bundle.h"
#include "lamina/formats/saved_model/object_graph.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try {
    lamina::detail::read_bundle_index(bytes, "input");
  } catch (const lamina::FileError&) {
  }
  try {
    auto objects = lamina::detail::read_saved_objects(bytes, "input");
    lamina::detail::add_keras_metadata(objects, bytes, "input");
  } catch (const lamina::FileError&) {
  }
  return 0;
}
