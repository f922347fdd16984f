// zip: the elements of several datasets side by side.
#include <algorithm>

#include "lamina/data/detail/arguments.h"
#include "lamina/data/detail/elements.h"

namespace lamina {
namespace {

using detail::DatasetNodePtr;
using detail::ElementIteratorPtr;
using detail::Pass;
using Combine = std::function<Element(std::vector<Element>)>;

class ZipNode : public detail::DatasetNode {
 public:
  ZipNode(std::vector<DatasetNodePtr> inputs, Combine combine)
      : DatasetNode("zip", std::move(inputs)), combine_(std::move(combine)) {}

  int64_t cardinality() const override {
    int64_t shortest = Dataset::kInfinite;
    for (const DatasetNodePtr& input : inputs()) {
      const int64_t size = input->cardinality();
      if (size == Dataset::kUnknown) return size;
      if (size >= 0) shortest = shortest < 0 ? size : std::min(shortest, size);
    }
    return shortest;
  }
  ElementIteratorPtr iterate(const Pass& pass) const override {
    return std::make_unique<Iterator>(*this, pass);
  }

 private:
  class Iterator : public detail::ElementIterator {
   public:
    Iterator(const ZipNode& node, const Pass& pass) : node_(node) {
      for (size_t i = 0; i < node.inputs().size(); ++i) {
        inputs_.push_back(node.inputs()[i]->iterate(pass.branch(i)));
      }
    }
    bool next(Element& element) override {
      std::vector<Element> elements(inputs_.size());
      for (size_t i = 0; i < inputs_.size(); ++i) {
        if (ended_ || !inputs_[i]->next(elements[i])) {
          ended_ = true;
          return false;
        }
      }
      detail::call_at(node_, position_++, [&] {
        element = node_.combine_(std::move(elements));
        detail::compute(element);
      });
      return true;
    }
    int64_t skip(int64_t count) override {
      // As far as the shortest goes. The others may then be further, but the end has come anyway.
      for (const ElementIteratorPtr& input : inputs_) {
        const int64_t skipped = input->skip(count);
        ended_ = ended_ || skipped < count;
        count = std::min(count, skipped);
      }
      position_ += count;
      return count;
    }

   private:
    const ZipNode& node_;
    std::vector<ElementIteratorPtr> inputs_;
    int64_t position_ = 0;
    bool ended_ = false;
  };

  Combine combine_;
};

std::vector<DatasetNodePtr> nodes(const std::vector<Dataset>& datasets) {
  std::vector<DatasetNodePtr> found;
  for (const Dataset& dataset : datasets) found.push_back(dataset.node());
  return found;
}

Element side_by_side(std::vector<Element> elements) {
  for (size_t i = 0; i < elements.size(); ++i) {
    if (elements[i].y.empty() && elements[i].sample_weight.empty()) continue;
    throw InvalidArgument(
        "dataset " + std::to_string(i) + " has " + detail::describe(elements[i]) +
        ", but zip makes x, y and sample_weight of datasets of x alone; for other ones, give "
        "zip a function that combines their elements");
  }
  return {std::move(elements[0].x), std::move(elements[1].x),
          elements.size() > 2 ? std::move(elements[2].x) : Tensors()};
}

}  // namespace

Dataset Dataset::zip(std::vector<Dataset> datasets) {
  if (datasets.size() < 2 || datasets.size() > 3) {
    throw InvalidArgument("Dataset::zip: x, y and sample_weight come from 2 or 3 datasets, received " +
                          std::to_string(datasets.size()) + "; to join other numbers, give a function too");
  }
  return Dataset(std::make_shared<ZipNode>(nodes(datasets), side_by_side));
}

Dataset Dataset::zip(std::vector<Dataset> datasets, Combine combine) {
  detail::callable("zip", combine);
  if (datasets.empty()) throw InvalidArgument("Dataset::zip: there is no dataset in the list");
  return Dataset(std::make_shared<ZipNode>(nodes(datasets), std::move(combine)));
}

}  // namespace lamina
