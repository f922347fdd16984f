// Any bytes as a file of weights, into a model of ours and into the one that it says it is: a report or an
// error.
#include "lamina/base/error.h"
#include "lamina/formats/pytorch.h"
#include "lamina/formats/weight_format.h"
#include "lamina/nn/layers/dense.h"
#include "lamina/nn/layers/input_layer.h"
#include "tests/fuzz/fuzz_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace lamina;
  static Sequential model({Input({3}), Dense(2)});
  with_fuzzed_file(data, size, ".weights", [&](const std::string& path) {
    try {
      const WeightSnapshot snapshot = open_weights(path);
      apply_snapshot(model, snapshot);
      apply_snapshot(model, snapshot, {.partial = true});
      apply_state_dict(model, snapshot);
      if (has_architecture(snapshot)) model_of(snapshot);
    } catch (const FileError&) {
    }
  });
  return 0;
}
