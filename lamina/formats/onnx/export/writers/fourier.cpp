// Writers of Fourier transforms, and of the determinant: operators that ONNX has as they are.
#include "lamina/formats/onnx/export/writer.h"
#include "lamina/ops/fft.h"

namespace lamina::onnx {
namespace {

// DFT takes and gives real and imaginary parts side by side behind all other axes.
void transform(Writing& w, const std::string& x, bool inverse, bool onesided) {
  if (w.opset() < 17) w.refuse("Fourier transforms are written since operator set 17");
  const int64_t axis = w.rank(0) - 1;
  Attributes attributes{{"inverse", inverse ? 1 : 0}, {"onesided", onesided ? 1 : 0}};
  Names inputs{x};
  if (w.opset() < 20) {
    attributes.emplace_back("axis", axis);
  } else {
    inputs.insert(inputs.end(), {"", w.builder().integer(axis)});
  }
  const std::string both = w.node("DFT", inputs, attributes);
  for (const int64_t part : {0, 1})
    w.out(static_cast<size_t>(part), w.node("Gather", {both, w.builder().integer(part)}, {{"axis", -1}}));
}

std::string apart(Writing& w, size_t i) { return w.over_axes("Unsqueeze", w.in(i), {w.rank(i)}, 13); }

const bool kFourierRegistered[] = {
    register_writer("fft",
                    [](Writing& w) {
                      const std::string both = w.node("Concat", {apart(w, 0), apart(w, 1)}, {{"axis", -1}});
                      transform(w, both, w.attrs<FftAttrs>().inverse, false);
                    }),
    register_writer("rfft", [](Writing& w) { transform(w, apart(w, 0), false, true); }),
    register_writer("det", [](Writing& w) { w.out(0, w.node("Det", {w.in(0)})); }),
};

}  // namespace
}  // namespace lamina::onnx
