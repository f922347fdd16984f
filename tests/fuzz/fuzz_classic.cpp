// Any bytes as a .classic file: an estimator that answers, or a FileError.
#include "lamina/base/error.h"
#include "lamina/formats/classic.h"
#include "lamina/ops/full.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const auto estimator = lamina::parse_classic({reinterpret_cast<const char*>(data), size}, "input");
    const int64_t features = estimator->n_features_in();
    if (features > 1000) return 0;
    const lamina::Tensor x = lamina::full({2, features}, 0.5f);
    try {
      if (const auto* predictor = dynamic_cast<const lamina::classic::Predictor*>(estimator.get()))
        predictor->predict(x).eval();
      if (const auto* transformer = dynamic_cast<const lamina::classic::Transformer*>(estimator.get()))
        transformer->transform(x).eval();
    } catch (const lamina::InvalidArgument&) {
    }
  } catch (const lamina::FileError&) {
  }
  return 0;
}
