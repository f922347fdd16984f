// Where elements come from: tensors, numbers, generators, files.
#include <limits>

#include "lamina/base/error.h"
#include "lamina/data/detail/dataset_node.h"
#include "lamina/data/detail/elements.h"

namespace lamina {
namespace {

using detail::DatasetNodePtr;
using detail::ElementIteratorPtr;
using detail::IndexedNode;
using detail::Pass;

// Computes and checks tensors that a source is made of.
Element source_element(const char* function, Tensors x, Tensors y, Tensors sample_weight) {
  Element element{std::move(x), std::move(y), std::move(sample_weight)};
  try {
    detail::compute(element);
  } catch (...) {
    detail::rethrow_with("Dataset::" + std::string(function) + ": ");
  }
  return element;
}

class TensorsNode : public IndexedNode {
 public:
  explicit TensorsNode(Element element)
      : IndexedNode("from_tensors(" + detail::describe(element) + ")", {}), element_(std::move(element)) {}
  int64_t cardinality() const override { return 1; }
  Element at(int64_t, const Pass&) const override { return element_; }

 private:
  Element element_;
};

class SlicesNode : public IndexedNode {
 public:
  explicit SlicesNode(Element all)
      : IndexedNode("from_tensor_slices(" + detail::describe(all) + ")", {}),
        all_(std::move(all)),
        size_(detail::common_rows(all_)) {}
  int64_t cardinality() const override { return size_; }
  Element at(int64_t index, const Pass&) const override { return detail::row(all_, index); }

 private:
  Element all_;
  int64_t size_;
};

class RangeNode : public IndexedNode {
 public:
  RangeNode(std::string name, int64_t start, int64_t step, int64_t size)
      : IndexedNode(std::move(name), {}), start_(start), step_(step), size_(size) {}
  int64_t cardinality() const override { return size_; }
  Element at(int64_t index, const Pass&) const override { return detail::scalar(start_ + index * step_); }

 private:
  int64_t start_, step_, size_;
};

class RandomNode : public IndexedNode {
 public:
  RandomNode(std::string name, RandomOptions options)
      : IndexedNode(std::move(name), {}), options_(std::move(options)) {}
  int64_t cardinality() const override { return Dataset::kInfinite; }
  bool depends_on_seed() const override { return !options_.seed; }
  Element at(int64_t index, const Pass& pass) const override {
    const uint64_t number = options_.rerandomize_each_iteration ? pass.number : 0;
    const uint64_t seed = detail::derived_seed(options_.seed.value_or(pass.seed), number);
    const uint64_t value = detail::derived_seed(seed, static_cast<uint64_t>(index)) >> 1;
    return detail::scalar(static_cast<int64_t>(value));
  }

 private:
  RandomOptions options_;
};

class GeneratorNode : public detail::DatasetNode {
 public:
  GeneratorNode(std::function<Generator()> make, std::optional<ElementSpec> spec)
      : DatasetNode("from_generator", {}), make_(std::move(make)), spec_(std::move(spec)) {}
  int64_t cardinality() const override { return Dataset::kUnknown; }

  ElementIteratorPtr iterate(const Pass&) const override {
    class Iterator : public detail::ElementIterator {
     public:
      explicit Iterator(const GeneratorNode& node)
          : node_(node), generator_(detail::call_at(node, 0, [&] { return node.make_(); })) {}
      bool next(Element& element) override {
        if (ended_) return false;
        ended_ = !detail::call_at(node_, index_, [&] {
          std::optional<Element> made = generator_();
          if (!made) return false;
          detail::compute(*made);
          if (node_.spec_) detail::check_spec(*made, *node_.spec_);
          element = std::move(*made);
          return true;
        });
        ++index_;
        return !ended_;
      }

     private:
      const GeneratorNode& node_;
      Generator generator_;
      int64_t index_ = 0;
      bool ended_ = false;
    };
    return std::make_unique<Iterator>(*this);
  }

 private:
  std::function<Generator()> make_;
  std::optional<ElementSpec> spec_;
};

}  // namespace

Dataset Dataset::from_tensors(Tensors x, Tensors y, Tensors sample_weight) {
  return Dataset(std::make_shared<TensorsNode>(
      source_element("from_tensors", std::move(x), std::move(y), std::move(sample_weight))));
}

Dataset Dataset::from_tensor_slices(Tensors x, Tensors y, Tensors sample_weight) {
  Element all = source_element("from_tensor_slices", std::move(x), std::move(y), std::move(sample_weight));
  try {
    return Dataset(std::make_shared<SlicesNode>(std::move(all)));
  } catch (...) {
    detail::rethrow_with("Dataset::from_tensor_slices: ");
  }
}

Dataset Dataset::from_generator(std::function<Generator()> make, std::optional<ElementSpec> spec) {
  if (!make) throw InvalidArgument("Dataset::from_generator: there is no function that makes generators");
  return Dataset(std::make_shared<GeneratorNode>(std::move(make), std::move(spec)));
}

Dataset Dataset::range(int64_t start, int64_t stop, int64_t step) {
  if (step == 0) throw InvalidArgument("Dataset::range: step must not be 0");
  const std::string name = "range(" + std::to_string(start) + ", " + std::to_string(stop) +
                           (step == 1 ? "" : ", " + std::to_string(step)) + ")";
  // In unsigned arithmetic, where the whole range of int64 fits.
  const bool empty = step > 0 ? start >= stop : start <= stop;
  const uint64_t distance = step > 0 ? static_cast<uint64_t>(stop) - static_cast<uint64_t>(start)
                                     : static_cast<uint64_t>(start) - static_cast<uint64_t>(stop);
  const uint64_t stride = step > 0 ? static_cast<uint64_t>(step) : 0 - static_cast<uint64_t>(step);
  const uint64_t size = empty ? 0 : (distance - 1) / stride + 1;
  if (size > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
    throw InvalidArgument("Dataset::range: " + name + " has more elements than 64 bits can count");
  }
  return Dataset(std::make_shared<RangeNode>(name, start, step, static_cast<int64_t>(size)));
}

Dataset Dataset::random(RandomOptions options) {
  std::string arguments = options.seed ? "seed=" + std::to_string(*options.seed) : "";
  if (options.rerandomize_each_iteration) arguments += arguments.empty() ? "anew" : ", anew";
  const std::string name = "random(" + arguments + ")";
  return Dataset(std::make_shared<RandomNode>(name, std::move(options)));
}

}  // namespace lamina
