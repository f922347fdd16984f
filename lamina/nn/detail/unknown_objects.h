// Stand-ins for regularizers, constraints and initializers of a file that no registry knows. Internal header.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lamina/nn/constraints/constraint.h"
#include "lamina/nn/initializers/initializer.h"
#include "lamina/nn/regularizers/regularizer.h"

namespace lamina::detail {

/// Arguments of one layer whose objects are unknown, by name, each as it was written.
using UnknownArguments = std::vector<std::pair<std::string, Json>>;

/// While it lives, unknown objects in the configuration of a layer come out as stand-ins and are collected.
class UnknownObjects {
 public:
  UnknownObjects();
  ~UnknownObjects();
  UnknownObjects(const UnknownObjects&) = delete;
  UnknownObjects& operator=(const UnknownObjects&) = delete;

  /// While it lives, a step of training or testing is made, to which penalties belong.
  class Needed {
   public:
    Needed();
    ~Needed();
    Needed(const Needed&) = delete;
    Needed& operator=(const Needed&) = delete;
  };

  const UnknownArguments& arguments() const { return arguments_; }

  /// A stand-in for the object that `json` describes, the argument `key` of `where` ("Dense 'head'"), which
  /// could not be made for that reason. Training that needs it throws InvalidArgument. Null where nobody
  /// collects, or when `json` names no class.
  template <class Base>
  static std::shared_ptr<const Base> stand_in(const std::string& key, const Json& json,
                                              const std::string& where, const std::string& reason);

 private:
  UnknownObjects* outer_;
  UnknownArguments arguments_;
};

}  // namespace lamina::detail
