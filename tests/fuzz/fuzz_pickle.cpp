// Any bytes as a pickle: values or a FileError. Nothing is run.
#include "lamina/base/error.h"
#include "lamina/formats/detail/pickle.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using lamina::detail::PickleGlobal;
  static constexpr PickleGlobal kGlobals[] = {{"collections", "OrderedDict", PickleGlobal::Makes::kDict},
                                              {"builtins", "set", PickleGlobal::Makes::kList},
                                              {"torch._utils", "_rebuild_tensor_v2"},
                                              {"torch._utils", "_rebuild_parameter"},
                                              {"torch", "FloatStorage"},
                                              {"torch", "Size"}};
  try {
    lamina::detail::read_pickle({reinterpret_cast<const char*>(data), size}, kGlobals, "input");
  } catch (const lamina::FileError&) {
  }
  return 0;
}
