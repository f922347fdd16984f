// Registries by class name, and Choice: an argument that takes an object or its name, as Keras's arguments
// do.
#pragma once

#include <concepts>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "lamina/base/error.h"
#include "lamina/base/json.h"

namespace lamina {

/// The classes derived from `Base` that can be made from a name or from a Keras configuration. Filled by
/// static initialisers before main (`static const bool known = Registry<Loss>::add(...)`), constant
/// afterwards.
///
/// `Base` has `static constexpr const char* kKind` ("loss"), for messages.
template <class Base>
class Registry {
 public:
  /// Makes an object from the "config" member that Keras writes; an empty object gives Keras's defaults.
  using Factory = std::shared_ptr<Base> (*)(const Json& config);

  /// Registers a class under its Keras class name ("CategoricalCrossentropy") and further names by which
  /// Keras knows it ("categorical_crossentropy"). Returns true, so that a static variable can be initialised
  /// with it.
  static bool add(std::string class_name, Factory factory, std::vector<std::string> aliases = {});

  /// The object of that class name or alias. Throws InvalidArgument, suggesting the nearest, when it is
  /// unknown.
  static std::shared_ptr<Base> make(const std::string& name, const Json& config = Json::object());

  /// The object that `json` describes: a name, or {"class_name", "config", ...} as Keras serialises objects.
  /// Throws InvalidArgument for an unknown class and for members that are missing or of the wrong kind.
  static std::shared_ptr<Base> from_json(const Json& json);

  /// Every name that `make` takes.
  static std::vector<std::string> names();

 private:
  struct Entry;
  static std::vector<Entry>& entries();
};

/// {"module": ..., "class_name": ..., "config": ..., "registered_name": null}: how Keras 3 writes an object.
Json serialize_object(const std::string& module, const std::string& class_name, Json config);

/// An argument that takes an object of a class derived from `Base`, or its name: `.loss = "mse"` or
/// `.loss = BinaryCrossentropy({.from_logits = true})`. Objects are shared and not changed.
template <class Base>
class Choice {
 public:
  /// Nothing chosen.
  Choice() = default;
  Choice(const char* name) : name_(name ? name : "") {}
  Choice(std::string name) : name_(std::move(name)) {}
  Choice(std::shared_ptr<const Base> object) : object_(std::move(object)) {}
  template <class T>
  requires std::derived_from<std::remove_cvref_t<T>, Base> Choice(T&& object)
      : object_(std::make_shared<const std::remove_cvref_t<T>>(std::forward<T>(object))) {}

  /// A function, where Base can stand for one: a loss or a metric of (y_true, y_pred).
  template <class F>
  requires(!std::derived_from<std::remove_cvref_t<F>, Base> &&
           requires(F f) { Base::from_function(std::forward<F>(f)); }) Choice(F&& function)
      : object_(Base::from_function(std::forward<F>(function))) {}

  bool given() const { return object_ || !name_.empty(); }
  /// The name, when chosen by name; empty otherwise.
  const std::string& name() const { return name_; }
  /// The object chosen, made by the registry if chosen by name. Throws InvalidArgument for an unknown name;
  /// null when nothing was chosen.
  std::shared_ptr<const Base> get() const {
    if (object_ || name_.empty()) return object_;
    return Registry<Base>::make(name_);
  }

 private:
  std::string name_;
  std::shared_ptr<const Base> object_;
};

}  // namespace lamina
