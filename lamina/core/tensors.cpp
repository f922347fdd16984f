// Lookups by position and by name.
#include "lamina/core/tensors.h"

#include <algorithm>

#include "lamina/base/error.h"

namespace lamina {

Tensors::Tensors(Tensor one) {
  if (one.defined()) values_.push_back(std::move(one));
}

Tensors::Tensors(std::vector<Tensor> by_position) : values_(std::move(by_position)) {}
Tensors::Tensors(std::initializer_list<Tensor> by_position) : values_(by_position) {}
Tensors::Tensors(std::initializer_list<std::pair<std::string, Tensor>> by_name)
    : Tensors(std::vector<std::pair<std::string, Tensor>>(by_name)) {}
Tensors::Tensors(const std::map<std::string, Tensor>& by_name)
    : Tensors(std::vector<std::pair<std::string, Tensor>>(by_name.begin(), by_name.end())) {}

Tensors::Tensors(std::vector<std::pair<std::string, Tensor>> by_name) {
  for (auto& [name, tensor] : by_name) {
    if (name.empty()) throw InvalidArgument("a tensor that is given by name needs one that is not empty");
    if (find(name)) throw InvalidArgument("the name '" + name + "' is given to two tensors");
    names_.push_back(name);
    values_.push_back(std::move(tensor));
  }
}

void Tensors::set(size_t position, Tensor tensor) { values_[position] = std::move(tensor); }

const Tensor& Tensors::operator[](size_t position) const {
  if (position < values_.size()) return values_[position];
  throw InvalidArgument("tensor number " + std::to_string(position) + " was asked for, but there are " +
                        std::to_string(values_.size()));
}

const Tensor& Tensors::operator[](int position) const {
  if (position >= 0) return (*this)[static_cast<size_t>(position)];
  throw InvalidArgument("tensor number " + std::to_string(position) +
                        " was asked for: positions count from 0, and do not count from the end");
}

const Tensor& Tensors::operator[](const std::string& name) const {
  if (const Tensor* found = find(name)) return *found;
  throw InvalidArgument("there is no tensor named '" + name + "'" +
                        (named() ? suggest(name, names_) : ": they are given by position"));
}

const Tensor* Tensors::find(const std::string& name) const {
  const auto found = std::find(names_.begin(), names_.end(), name);
  return found == names_.end() ? nullptr : &values_[static_cast<size_t>(found - names_.begin())];
}

Tensors Tensors::with_values(std::vector<Tensor> values) const {
  if (values.size() != values_.size()) {
    throw InvalidArgument(std::to_string(values.size()) + " tensors cannot take the place of " +
                          std::to_string(values_.size()));
  }
  Tensors result;
  result.values_ = std::move(values);
  result.names_ = names_;
  return result;
}

}  // namespace lamina
