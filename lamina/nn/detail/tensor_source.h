// TensorSource: batches of data that lie in memory. Internal header.
#pragma once

#include <map>
#include <vector>

#include "lamina/nn/batch_source.h"
#include "lamina/nn/detail/batches.h"

namespace lamina::detail {

/// How a TensorSource goes through its samples.
struct TensorSourceOptions {
  int64_t batch_size = 32;
  bool shuffle = false;  ///< a new order each pass, from seed and pass alone
  int64_t first = 0;     ///< the samples from here
  int64_t last = -1;     ///< to before there; -1: all
};

/// Rows of tensors, gathered into buffers that are allocated once.
class TensorSource final : public BatchSource {
 public:
  /// Throws InvalidArgument, with `what` in front, when the tensors have not all as many samples, or none.
  TensorSource(const Tensors& x, const Tensors& y, const Tensors& sample_weight,
               const TensorSourceOptions& options, const char* what);

  void begin(int epoch, uint64_t seed, int64_t first_step) override;
  bool next(Batch& batch) override;
  std::optional<int64_t> steps() const override;
  std::optional<int64_t> samples() const override { return options_.last - options_.first; }
  Json identity() const override;

 private:
  struct Part {
    Tensors like;  // for names
    std::vector<Batches> rows;
  };
  Part part(const Tensors& tensors) const;
  void fill(Part& part, Tensors& to, int64_t first, int64_t count);

  TensorSourceOptions options_;
  Part x_, y_, weight_;
  std::vector<uint32_t> order_;
  int64_t step_ = 0;
};

/// Samples of `x`; throws InvalidArgument, with `what` in front, unless every tensor has as many.
int64_t count_samples(const Tensors& x, const Tensors& y, const Tensors& sample_weight, const char* what);

/// The weight of each sample by its class. Throws InvalidArgument for a class without a weight, more than one
/// target, and targets that name no class.
Tensor weights_of_classes(const Tensors& y, const std::map<int64_t, double>& class_weight);
/// `sample_weight`, multiplied by those of the classes where there are some.
Tensors with_class_weight(const Tensors& y, const Tensors& sample_weight,
                          const std::map<int64_t, double>& class_weight);

}  // namespace lamina::detail
