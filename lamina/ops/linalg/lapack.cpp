// OpenBLAS, opened when the first matrix is decomposed: linked, it would cost each program's start.
#include "lamina/ops/linalg/detail/lapack.h"

#include <algorithm>
#include <cstdlib>
#include <string>

#include "lamina/base/opened_library.h"
#include "lamina/base/system.h"

namespace lamina::detail {
namespace {

/// OpenBLAS falls back to code for processors of 2004 where it was built before this one: it is told what to
/// take, unless the user has. It reads its environment once, when it is opened; so does this function write
/// it.
void choose_kernels() {
  const auto sets = system_info().instruction_sets;
  const auto has = [&](const char* set) { return std::find(sets.begin(), sets.end(), set) != sets.end(); };
  const char* kind = has("AVX3") ? "SkylakeX" : has("AVX2") ? "Haswell" : nullptr;
  if (kind) setenv("OPENBLAS_CORETYPE", kind, 0);
}

struct OpenBlas {
  OpenedLibrary library;
  bool many_callers;

  static const OpenBlas& opened() {
    static const OpenBlas openblas;
    return openblas;
  }

 private:
  OpenBlas()
      : library((choose_kernels(), "libopenblas.so.0"), "libopenblas0-openmp", "functions of matrices") {
    // Work is shared here, by matrices and tiles of them: bits must not depend on threads of another pool.
    void (*set_threads)(int) = nullptr;
    library.find(set_threads, "openblas_set_num_threads");
    set_threads(1);
    char* (*configuration)() = nullptr;
    library.find(configuration, "openblas_get_config");
    many_callers = std::string(configuration()).find("SINGLE_THREADED") == std::string::npos;
  }
};

template <class T>
Lapack<T> found(const std::string& letter) {
  Lapack<T> functions;
  const auto find = [&](auto& function, const char* name) {
    OpenBlas::opened().library.find(function, (letter + name + "_").c_str());
  };
  find(functions.potrf, "potrf");
  find(functions.getrf, "getrf");
  find(functions.geqrf, "geqrf");
  find(functions.orgqr, "orgqr");
  find(functions.ormqr, "ormqr");
  find(functions.larft, "larft");
  find(functions.larfb, "larfb");
  find(functions.syevd, "syevd");
  find(functions.sytrd, "sytrd");
  find(functions.stedc, "stedc");
  find(functions.laed2, "laed2");
  find(functions.laed4, "laed4");
  find(functions.ormtr, "ormtr");
  find(functions.gesdd, "gesdd");
  find(functions.gebrd, "gebrd");
  find(functions.bdsdc, "bdsdc");
  find(functions.ormbr, "ormbr");
  find(functions.trsm, "trsm");
  find(functions.gemm, "gemm");
  find(functions.gemv, "gemv");
  find(functions.larfg, "larfg");
  return functions;
}

}  // namespace

std::mutex* turns_of_lapack() {
  static std::mutex turns;
  return OpenBlas::opened().many_callers ? nullptr : &turns;
}

template <>
const Lapack<float>& lapack<float>() {
  static const Lapack<float> functions = found<float>("s");
  return functions;
}

template <>
const Lapack<double>& lapack<double>() {
  static const Lapack<double> functions = found<double>("d");
  return functions;
}

}  // namespace lamina::detail
