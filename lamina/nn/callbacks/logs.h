// Logs: what training tells its callbacks, read only when someone looks.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lamina {

/// Named numbers of an epoch or a step: "loss", "accuracy", "val_loss", ... The logs of a step are a view of
/// the accumulators on the device: reading one costs a look there, not reading it costs nothing.
class Logs {
 public:
  /// Where the numbers of a view come from.
  class Source {
   public:
    virtual ~Source() = default;
    virtual size_t size() const = 0;
    virtual const std::string& name(size_t index) const = 0;
    virtual double value(size_t index) const = 0;
  };

  Logs() = default;
  /// A view; `source` must live as long as the Logs.
  explicit Logs(const Source& source) : source_(&source) {}

  size_t size() const { return (source_ ? source_->size() : 0) + values_.size(); }
  bool empty() const { return size() == 0; }
  const std::string& name(size_t index) const;
  double value(size_t index) const;

  /// The number of that name, or nothing.
  std::optional<double> find(std::string_view name) const;
  bool contains(std::string_view name) const;
  /// The number of that name; throws InvalidArgument, listing those there are.
  double at(std::string_view name) const;
  double operator[](std::string_view name) const { return at(name); }
  /// Adds or replaces a number.
  void set(const std::string& name, double value);

  /// All names, for messages: "loss, accuracy".
  std::string names() const;
  /// All names with their numbers, read now.
  std::vector<std::pair<std::string, double>> items() const;

 private:
  const Source* source_ = nullptr;
  std::vector<std::pair<std::string, double>> values_;
};

/// The number as Python's str() writes a float: "0.25", "1.0", "1e-07", "nan".
std::string python_number(double value);

}  // namespace lamina
