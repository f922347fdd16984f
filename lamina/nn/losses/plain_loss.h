// PlainLoss: the base of losses that take a reduction, a name and little more.
#pragma once

#include "lamina/nn/losses/loss.h"

namespace lamina {

/// Arguments that all losses take.
struct LossOptions {
  std::string reduction = "sum_over_batch_size";  ///< as in Loss::reduction
  std::string name = {};                          ///< default: the class in snake case
};

/// What losses share that are not the cross-entropies: their class, name and reduction. A subclass gives
/// values() and, where it has further arguments, config().
class PlainLoss : public Loss {
 public:
  std::string class_name() const override { return class_name_; }
  TargetKind target_kind() const override { return kind_; }
  std::string name() const override { return options_.name; }
  std::string reduction() const override { return options_.reduction; }
  /// Name and reduction.
  Json config() const override;

 protected:
  /// Throws InvalidArgument for an unknown reduction.
  PlainLoss(const char* class_name, const char* default_name, TargetKind kind, LossOptions options);

  /// Throws InvalidArgument that begins with the class, unless `holds`.
  void require(bool holds, const char* what) const;

 private:
  const char* class_name_;
  TargetKind kind_;
  LossOptions options_;
};

}  // namespace lamina
