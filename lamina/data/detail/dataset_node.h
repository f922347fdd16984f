// What a stage of a Dataset is made of: a description, and iterators that walk over it. Internal header.
#pragma once

#include <cstdint>
#include <exception>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lamina/base/threads.h"
#include "lamina/data/dataset.h"
#include "lamina/nn/detail/batches.h"

namespace lamina::detail {

/// What the order of one pass over a stage depends on.
struct Pass {
  uint64_t seed = 0;
  uint64_t number = 0;  ///< passes over this stage before
  /// For an input of a stage that draws numbers itself, or has several inputs: each gets its own seed.
  Pass branch(uint64_t which) const { return {derived_seed(seed, which), number}; }
};

/// A walk over the elements of a stage. Used by one thread at a time, not always the same. After a throw it
/// is only good for destruction.
class ElementIterator {
 public:
  virtual ~ElementIterator() = default;
  /// The next element; false at the end, then and ever after.
  virtual bool next(Element& element) = 0;
  /// Passes over `count` elements, computing as little as possible; gives the number that there were. The
  /// default computes them.
  virtual int64_t skip(int64_t count);
};
using ElementIteratorPtr = std::unique_ptr<ElementIterator>;

/// An element for each of another iterator's; skipping computes none.
class OneForOne : public ElementIterator {
 public:
  explicit OneForOne(ElementIteratorPtr input) : input_(std::move(input)) {}
  bool next(Element& element) final;
  int64_t skip(int64_t count) final;

 private:
  /// Makes the input's element of that number, from 0, the one that is given.
  virtual void change(Element& element, int64_t number) = 0;

  const ElementIteratorPtr input_;
  int64_t position_ = 0;
};

class DatasetNode;
using DatasetNodePtr = std::shared_ptr<const DatasetNode>;

/// One stage: immutable, shared by the datasets that are built on it. It outlives its iterators.
class DatasetNode {
 public:
  /// @param name  with the arguments that determine the elements: "batch(32)".
  DatasetNode(std::string name, std::vector<DatasetNodePtr> inputs)
      : name_(std::move(name)), inputs_(std::move(inputs)) {}
  virtual ~DatasetNode() = default;
  DatasetNode(const DatasetNode&) = delete;
  DatasetNode& operator=(const DatasetNode&) = delete;

  virtual ElementIteratorPtr iterate(const Pass& pass) const = 0;
  /// As Dataset::cardinality.
  virtual int64_t cardinality() const = 0;
  /// Samples of a pass, where stages from batch() on know them.
  virtual std::optional<int64_t> samples() const { return std::nullopt; }
  /// Whether the order depends on the seed of the pass.
  virtual bool depends_on_seed() const;
  /// Whether the elements are those of the input (prefetch): then it is no part of the identity.
  virtual bool only_for_speed() const { return false; }

  const std::string& name() const { return name_; }
  const DatasetNode& input() const { return *inputs_.front(); }
  const std::vector<DatasetNodePtr>& inputs() const { return inputs_; }
  /// "range(100) > shuffle(10)": this stage and those before it.
  std::string path(bool with_those_for_speed = true) const;

 private:
  std::string name_;
  std::vector<DatasetNodePtr> inputs_;
};

/// A source whose elements can be had by number, in any order, cheaply.
class IndexedNode : public DatasetNode {
 public:
  using DatasetNode::DatasetNode;
  /// Element `index` of the pass. Called by several threads.
  virtual Element at(int64_t index, const Pass& pass) const = 0;
  ElementIteratorPtr iterate(const Pass& pass) const override;
};

/// A pass that is under way. Ended by its destruction.
class DatasetRun {
 public:
  DatasetRun(DatasetNodePtr node, const Pass& pass, int64_t first);
  /// As ElementIterator::next; after an error, the same error again.
  bool next(Element& element);

 private:
  DatasetNodePtr node_;
  ElementIteratorPtr iterator_;  // none when the pass is over
  std::exception_ptr error_;
};

/// Throws the exception being handled again, its message behind `before` and in front of `after`: see
/// Dataset.
[[noreturn]] void rethrow_with(const std::string& before, const std::string& after = "");
/// The same, naming stage and element.
[[noreturn]] void rethrow_at(const DatasetNode& node, int64_t element);
/// Throws InvalidArgument, naming stage and element.
[[noreturn]] void fail_at(const DatasetNode& node, int64_t element, const std::string& message);

/// Where a user's function runs: its tensors are on the CPU, and its ops on the calling thread alone. Workers
/// share the machine's cores as they are, and an op must not give other bits in a worker than elsewhere.
class FunctionScope {
 public:
  FunctionScope() : threads_before_(num_threads()), device_(Device()) { set_num_threads(1); }
  ~FunctionScope() { set_num_threads(threads_before_); }
  FunctionScope(const FunctionScope&) = delete;
  FunctionScope& operator=(const FunctionScope&) = delete;

 private:
  int threads_before_;
  DeviceScope device_;
};

/// Calls a user's function for an element of a stage; what it throws says so.
template <class F>
auto call_at(const DatasetNode& node, int64_t element, F&& function) {
  const FunctionScope scope;
  try {
    return function();
  } catch (...) {
    rethrow_at(node, element);
  }
}

/// Computes the tensors of an element that a user's function made, in one program. Throws InvalidArgument
/// when x is empty, or a tensor is undefined or not on the CPU.
void compute(Element& element);

/// `cardinality` where it is kInfinite or kUnknown, else f of it.
template <class F>
int64_t if_finite(int64_t cardinality, F&& f) {
  return cardinality < 0 ? cardinality : f(cardinality);
}
/// a * b of numbers that are not negative; the largest there is when 64 bits cannot hold it.
inline int64_t product(int64_t a, int64_t b) {
  int64_t result;
  return __builtin_mul_overflow(a, b, &result) ? std::numeric_limits<int64_t>::max() : result;
}
/// kInfinite stays, all else is not known: for stages that drop or add elements as they see them.
inline int64_t at_most_infinite(int64_t cardinality) {
  return cardinality == Dataset::kInfinite ? cardinality : Dataset::kUnknown;
}

}  // namespace lamina::detail
