// Any bytes as a file of weights, into a model of ours and into the one that it says it is: a report or an
// error.
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <string>

#include "lamina/base/error.h"
#include "lamina/formats/pytorch.h"
#include "lamina/formats/weight_format.h"
#include "lamina/nn/layers/dense.h"
#include "lamina/nn/layers/input_layer.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace lamina;
  static Sequential model({Input({3}), Dense(2)});
  static const std::string path =
      (std::filesystem::temp_directory_path() / ("lamina-fuzz-" + std::to_string(::getpid()) + ".weights"))
          .string();
  FILE* const file = std::fopen(path.c_str(), "wb");
  if (!file) return 0;
  std::fwrite(data, 1, size, file);
  std::fclose(file);
  try {
    const WeightSnapshot snapshot = open_weights(path);
    apply_snapshot(model, snapshot);
    apply_snapshot(model, snapshot, {.partial = true});
    apply_state_dict(model, snapshot);
    if (has_architecture(snapshot)) model_of(snapshot);
  } catch (const FileError&) {
  }
  ::unlink(path.c_str());
  return 0;
}
