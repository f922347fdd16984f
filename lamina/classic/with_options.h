// WithOptions: parameters as one struct, for all estimators.
#pragma once

#include <string>
#include <utility>

#include "lamina/classic/estimator.h"

namespace lamina::classic {

/// A Base whose parameters are a struct `Options` with scikit-learn's names and defaults.
template <class Base, class Options>
class WithOptions : public Base {
 public:
  Json params() const override;
  void set_params(const Json& params) override;
  /// The parameters as they were given.
  const Options& options() const { return options_; }

 protected:
  explicit WithOptions(Options options) : options_(std::move(options)) {}
  /// Throws InvalidArgument for values that cannot be.
  virtual void check_options() const = 0;

  Options options_;
};

}  // namespace lamina::classic
