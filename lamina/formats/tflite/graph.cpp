// From the bytes of a TFLite file to a graph that can be run.
#include "lamina/formats/tflite/graph.h"

#include "lamina/formats/detail/reading.h"
#include "lamina/formats/onnx/operator.h"
#include "lamina/formats/tflite/translate.h"

namespace lamina::tflite {
namespace {

const bool kDomains[] = {onnx::register_domain(kDomain, 1), onnx::register_domain(kCustomDomain, 1)};

}  // namespace

onnx::ImportedGraph parse(std::string_view bytes, const std::string& name) {
  return lamina::detail::reading(name, [&] {
    // Tables are read where they lie, in words.
    if (reinterpret_cast<uintptr_t>(bytes.data()) % 16 != 0) return parse(std::string(bytes), name);
    const File file(bytes);
    Translator translator(file);
    auto model = translator.translate();
    return onnx::ImportedGraph::translated(std::move(model), translator.take_constants());
  });
}

}  // namespace lamina::tflite
