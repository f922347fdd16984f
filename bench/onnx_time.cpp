// Times one answer of an ONNX model, as one JSON line, for bench/figures:
//   lamina_onnx_time MODEL.onnx NAME=FILE.npy...     "infer_ms": the least of what 600 ms hold, after three
#include <chrono>
#include <cstdio>
#include <string>

#include "lamina/lamina.h"

using namespace lamina;

namespace {

double now_ms() {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void time(int argc, char** argv) {
  Model model = load_onnx(argv[1]);
  std::vector<std::pair<std::string, Tensor>> inputs;
  for (int i = 2; i < argc; ++i) {
    const std::string argument = argv[i];
    const size_t equals = argument.rfind('=');
    inputs.emplace_back(argument.substr(0, equals), read_npy(argument.substr(equals + 1)));
  }
  const Tensors x(inputs);
  double least = 1e30;
  for (int i = 0; i < 3; ++i) model.outputs_on_batch(x);
  for (const double end = now_ms() + 600; now_ms() < end;) {
    const double begin = now_ms();
    const Tensors y = model.outputs_on_batch(x);
    for (const Tensor& output : y) output.eval();
    least = std::min(least, now_ms() - begin);
  }
  std::printf("{\"infer_ms\": %.4f}\n", least);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    time(argc, argv);
  } catch (const Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
