// batch, padded_batch and unbatch.
#include <algorithm>

#include "lamina/base/error.h"
#include "lamina/data/detail/arguments.h"
#include "lamina/data/detail/elements.h"

namespace lamina {
namespace {

using detail::DatasetNodePtr;
using detail::ElementIterator;
using detail::ElementIteratorPtr;
using detail::Pass;

class BatchNode : public detail::DatasetNode {
 public:
  BatchNode(std::string name, DatasetNodePtr input, int64_t batch_size, bool drop_remainder,
            std::optional<detail::Padding> padding)
      : DatasetNode(std::move(name), {std::move(input)}),
        batch_size_(batch_size),
        drop_remainder_(drop_remainder),
        padding_(std::move(padding)) {}

  int64_t cardinality() const override {
    return detail::if_finite(input().cardinality(), [&](int64_t count) {
      return count / batch_size_ + (!drop_remainder_ && count % batch_size_ ? 1 : 0);
    });
  }
  std::optional<int64_t> samples() const override {
    const int64_t count = input().cardinality();
    if (count < 0) return std::nullopt;
    return drop_remainder_ ? count - count % batch_size_ : count;
  }
  ElementIteratorPtr iterate(const Pass& pass) const override {
    return std::make_unique<Iterator>(*this, input().iterate(pass));
  }

 private:
  class Iterator : public ElementIterator {
   public:
    Iterator(const BatchNode& node, ElementIteratorPtr input) : node_(node), input_(std::move(input)) {}

    bool next(Element& batch) override {
      std::vector<Element> elements;
      Element element;
      while (static_cast<int64_t>(elements.size()) < node_.batch_size_ && input_->next(element)) {
        elements.push_back(std::move(element));
      }
      const auto count = static_cast<int64_t>(elements.size());
      if (count == 0 || (count < node_.batch_size_ && node_.drop_remainder_)) return false;
      if (node_.padding_) {
        std::vector<int64_t> numbers;
        for (int64_t i = 0; i < count; ++i) numbers.push_back(position_ + i);
        batch = detail::stack_padded(elements, *node_.padding_, node_, numbers);
      } else {
        batch = detail::stack_elements(elements, node_, position_);
      }
      position_ += count;
      return true;
    }
    int64_t skip(int64_t count) override {
      const int64_t skipped = input_->skip(detail::product(count, node_.batch_size_));
      position_ += skipped;
      return skipped / node_.batch_size_ + (!node_.drop_remainder_ && skipped % node_.batch_size_ ? 1 : 0);
    }

   private:
    const BatchNode& node_;
    ElementIteratorPtr input_;
    int64_t position_ = 0;  // in the input
  };

  int64_t batch_size_;
  bool drop_remainder_;
  std::optional<detail::Padding> padding_;
};

class UnbatchNode : public detail::DatasetNode {
 public:
  explicit UnbatchNode(DatasetNodePtr input) : DatasetNode("unbatch", {std::move(input)}) {}
  int64_t cardinality() const override { return detail::at_most_infinite(input().cardinality()); }
  ElementIteratorPtr iterate(const Pass& pass) const override {
    return std::make_unique<Iterator>(*this, input().iterate(pass));
  }

 private:
  class Iterator : public ElementIterator {
   public:
    Iterator(const UnbatchNode& node, ElementIteratorPtr input) : node_(node), input_(std::move(input)) {}

    bool next(Element& element) override {
      if (!refill()) return false;
      element = detail::row(batch_, row_++);
      return true;
    }
    int64_t skip(int64_t count) override {
      int64_t skipped = 0;
      while (skipped < count && refill()) {
        const int64_t step = std::min(count - skipped, rows_ - row_);
        row_ += step;
        skipped += step;
      }
      return skipped;
    }

   private:
    bool refill() {
      while (row_ == rows_) {
        if (!input_->next(batch_)) return false;
        try {
          rows_ = detail::common_rows(batch_);
        } catch (...) {
          detail::rethrow_at(node_, number_);
        }
        row_ = 0;
        ++number_;
      }
      return true;
    }

    const UnbatchNode& node_;
    ElementIteratorPtr input_;
    Element batch_;
    int64_t row_ = 0, rows_ = 0;
    int64_t number_ = 0;  // of the next batch
  };
};

std::string arguments(int64_t batch_size, bool drop_remainder) {
  return "(" + std::to_string(batch_size) + (drop_remainder ? ", drop_remainder)" : ")");
}

}  // namespace

Dataset Dataset::batch(int64_t batch_size, BatchOptions options) const {
  detail::at_least("batch", "batch_size", batch_size, 1);
  return Dataset(std::make_shared<BatchNode>("batch" + arguments(batch_size, options.drop_remainder), node_,
                                             batch_size, options.drop_remainder, std::nullopt));
}

Dataset Dataset::padded_batch(int64_t batch_size, PaddedBatchOptions options) const {
  detail::at_least("padded_batch", "batch_size", batch_size, 1);
  detail::Padding padding{std::move(options.padded_shapes), std::move(options.padding_values), 0};
  return Dataset(std::make_shared<BatchNode>("padded_batch" + arguments(batch_size, options.drop_remainder),
                                             node_, batch_size, options.drop_remainder, std::move(padding)));
}

Dataset Dataset::unbatch() const { return Dataset(std::make_shared<UnbatchNode>(node_)); }

}  // namespace lamina
