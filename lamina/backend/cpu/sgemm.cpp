// Matrix products: the result is cut into blocks, and each block is one single-threaded product of oneDNN's.
#include <dnnl.h>
#include <algorithm>
#include <string>

#include "lamina/backend/cpu/detail/one_thread.h"
#include "lamina/backend/cpu/detail/onednn.h"
#include "lamina/base/detail/block_signals.h"
#include "lamina/base/detail/flush_denormals.h"
#include "lamina/base/error.h"
#include "lamina/base/threads.h"

namespace lamina::onednn {
namespace {

/// The result's blocks: `rows` by `columns` of them.
struct Grid {
  int64_t rows = 1;
  int64_t columns = 1;
};

/// Roughly the nanoseconds of one thread: for a multiplication, and for an operand's element on its way from
/// memory.
constexpr double kPerMultiplication = 0.01;
constexpr double kPerElement = 0.1;
/// What is worth another thread's attention.
constexpr double kBlockTime = 15'000;
/// Every block packs its rows of a and its columns of b for itself. Blocks that each thread gets one of may
/// be as narrow as this,
constexpr int64_t kNarrow = 48;
/// and more blocks than threads are made of at least so many rows or columns.
constexpr int64_t kWide = 512;
/// Edges of blocks lie where the library's own tiles end.
constexpr int64_t kTile = 16;

double time_of(int64_t m, int64_t n, int64_t k) {
  return (kPerMultiplication * static_cast<double>(m * n) + kPerElement * static_cast<double>(m + n)) *
         static_cast<double>(k);
}

/// Cuts the longer side of the blocks in two while there are processors to feed: packing costs least with
/// square ones. How many threads there are must not matter, since the library adds in another order in blocks
/// of other extents.
Grid grid_of(int64_t m, int64_t n, double time) {
  Grid grid;
  const int64_t threads = processors();
  const int64_t most = std::min<int64_t>(4 * threads, static_cast<int64_t>(time / kBlockTime));
  for (;;) {
    const int64_t blocks = grid.rows * grid.columns;
    const int64_t height = m / grid.rows;
    const int64_t width = n / grid.columns;
    const int64_t narrowest = blocks < threads ? kNarrow : kWide;
    if (2 * blocks > most || std::max(height, width) < 2 * narrowest) return grid;
    (height >= width ? grid.rows : grid.columns) *= 2;
  }
}

int64_t edge(int64_t extent, int64_t parts, int64_t part) {
  return part == parts ? extent : extent * part / parts / kTile * kTile;
}

}  // namespace

void sgemm(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, const float* a, int64_t lda,
           const float* b, int64_t ldb, float* c, int64_t ldc) {
  const double time = time_of(m, n, k);
  const Grid grid = grid_of(m, n, time);
  const lamina::detail::BlockSignals undisturbed;  // once on this thread; the pool's block them always
  parallel_parts(grid.rows * grid.columns, time, [&](int64_t begin, int64_t end) {
    const lamina::detail::OneThread serial;
    const lamina::detail::FlushDenormals flush;
    for (int64_t block = begin; block < end; ++block) {
      const int64_t row = edge(m, grid.rows, block / grid.columns);
      const int64_t rows = edge(m, grid.rows, block / grid.columns + 1) - row;
      const int64_t column = edge(n, grid.columns, block % grid.columns);
      const int64_t columns = edge(n, grid.columns, block % grid.columns + 1) - column;
      const dnnl_status_t status =
          dnnl_sgemm(transpose_a ? 'T' : 'N', transpose_b ? 'T' : 'N', rows, columns, k, 1.0f,
                     a + (transpose_a ? row : row * lda), lda, b + (transpose_b ? column * ldb : column), ldb,
                     0.0f, c + row * ldc + column, ldc);
      if (status != dnnl_success)
        throw InternalError("oneDNN: multiplying matrices failed with status " + std::to_string(status));
    }
  });
}

}  // namespace lamina::onednn
