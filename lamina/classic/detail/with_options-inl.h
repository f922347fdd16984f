// The bodies of WithOptions, for the files that instantiate it, and how a class gets its name.
#pragma once

#include <memory>

#include "lamina/classic/detail/options.h"
#include "lamina/classic/detail/state.h"
#include "lamina/classic/with_options.h"
#include "lamina/nn/registry.h"

namespace lamina {

extern template class Registry<classic::Estimator>;

namespace classic {

template <class Base, class Options>
Json WithOptions<Base, Options>::params() const {
  return detail::options_json(options_);
}

template <class Base, class Options>
void WithOptions<Base, Options>::set_params(const Json& params) {
  Options changed = options_;
  detail::read_options(changed, params, this->class_name());
  std::swap(changed, options_);
  try {
    check_options();
  } catch (...) {
    std::swap(changed, options_);
    throw;
  }
  this->features_ = 0;
}

namespace detail {

template <class E>
std::shared_ptr<Estimator> make_estimator(const Json& params) {
  auto estimator = std::make_shared<E>();
  estimator->set_params(params);
  return estimator;
}

template <class E>
bool known_as(const char* class_name) {
  return Registry<Estimator>::add(class_name, make_estimator<E>);
}

}  // namespace detail
}  // namespace classic
}  // namespace lamina
