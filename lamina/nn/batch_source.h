// BatchSource: where fit, evaluate and predict take their batches from.
#pragma once

#include <cstdint>
#include <optional>

#include "lamina/base/json.h"
#include "lamina/core/tensors.h"

namespace lamina {

/// What one step takes. Tensors are computed, on the CPU, with the samples along their first axis.
struct Batch {
  Tensors x = {};              ///< inputs of the model, by position or by name
  Tensors y = {};              ///< targets; none for prediction
  Tensors sample_weight = {};  ///< (batch,), or (batch, time) for losses per step; none: all weigh 1
};

/// Batches in an order that seed and epoch determine. Tensors in memory, generators and Dataset pipelines are
/// such sources; a source of your own gives begin and next. Used by one thread at a time.
class BatchSource {
 public:
  virtual ~BatchSource() = default;

  /// Starts pass number `epoch` (from 0) in the order that `seed` and `epoch` determine, so that the next
  /// batch is number `first_step` of it. Throws what the source's functions throw.
  virtual void begin(int epoch, uint64_t seed, int64_t first_step = 0) = 0;
  /// The next batch into `batch`, whose tensors stay valid until the next call; false at the end of the pass.
  virtual bool next(Batch& batch) = 0;

  /// Batches of a pass; nothing when only the end will tell (a filter, a generator), or there is none.
  virtual std::optional<int64_t> steps() const { return std::nullopt; }
  /// Samples of a pass, when they are known.
  virtual std::optional<int64_t> samples() const { return std::nullopt; }
  /// Whether passes follow each other without an end: fit then needs steps_per_epoch, and an epoch goes on
  /// where the one before stopped.
  virtual bool endless() const { return false; }
  /// What a resumed training must find again, beside seed and position: sizes, batch size, whether it
  /// shuffles. Compared for equality.
  virtual Json identity() const { return Json::object(); }
};

}  // namespace lamina
