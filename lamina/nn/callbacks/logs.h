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
/// the accumulators on the device: reading one costs a look there, not reading it costs nothing. A metric that
/// gives a row, a number for each class say, has its mean as the number, and the row beside it.
class Logs {
 public:
  /// Where the numbers of a view come from.
  class Source {
   public:
    virtual ~Source() = default;
    virtual size_t size() const = 0;
    virtual const std::string& name(size_t index) const = 0;
    virtual double value(size_t index) const = 0;
    /// The row, where the log is one.
    virtual std::optional<std::vector<double>> row(size_t) const { return std::nullopt; }
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

  /// The row of a log; nothing where it is one number.
  std::optional<std::vector<double>> row(size_t index) const;
  std::optional<std::vector<double>> find_row(std::string_view name) const;
  /// Adds or replaces a log with its row, whose mean is `value`.
  void set(const std::string& name, double value, std::optional<std::vector<double>> row);
  /// The number of that name, or nothing, for those who compare it with others. Throws InvalidArgument,
  /// beginning with `who`, for a row, of which none is better than another.
  std::optional<double> find_number(std::string_view name, const char* who) const;

  /// All names, for messages: "loss, accuracy".
  std::string names() const;
  /// All names with their numbers, read now.
  std::vector<std::pair<std::string, double>> items() const;

 private:
  const Source* source_ = nullptr;
  std::vector<std::pair<std::string, double>> values_;
  std::vector<std::pair<std::string, std::vector<double>>> rows_;  // of those of values_ that have one
};

/// The number as Python's str() writes a float: "0.25", "1.0", "1e-07", "nan".
std::string python_number(double value);
/// A row as Python's str() writes a list of float32 numbers: "[0.25, 1.0]".
std::string python_row(const std::vector<double>& row);

}  // namespace lamina
