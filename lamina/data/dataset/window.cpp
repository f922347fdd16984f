// window: sliding stacks of elements.
#include <algorithm>
#include <deque>

#include "lamina/data/detail/arguments.h"
#include "lamina/data/detail/elements.h"

namespace lamina {
namespace {

using detail::ElementIteratorPtr;
using detail::Pass;

class WindowNode : public detail::DatasetNode {
 public:
  WindowNode(std::string name, detail::DatasetNodePtr input, int64_t size, const WindowOptions& options)
      : DatasetNode(std::move(name), {std::move(input)}),
        span_((size - 1) * options.stride + 1),
        options_(options) {}

  int64_t cardinality() const override {
    return detail::if_finite(input().cardinality(), [&](int64_t count) {
      if (!options_.drop_remainder) return count / options_.shift + (count % options_.shift ? 1 : 0);
      return count < span_ ? 0 : (count - span_) / options_.shift + 1;
    });
  }
  ElementIteratorPtr iterate(const Pass& pass) const override {
    return std::make_unique<Iterator>(*this, input().iterate(pass));
  }

 private:
  class Iterator : public detail::ElementIterator {
   public:
    Iterator(const WindowNode& node, ElementIteratorPtr input)
        : node_(node), input_(std::move(input)), cardinality_(node.cardinality()) {}

    bool next(Element& window) override {
      Element element;
      while (static_cast<int64_t>(buffer_.size()) < node_.span_ && input_->next(element)) {
        buffer_.push_back(std::move(element));
      }
      const auto count = static_cast<int64_t>(buffer_.size());
      if (count == 0 || (count < node_.span_ && node_.options_.drop_remainder)) return false;
      std::vector<Element> chosen;
      for (int64_t i = 0; i < count; i += node_.options_.stride) {
        chosen.push_back(buffer_[static_cast<size_t>(i)]);
      }
      window = detail::stack_elements(chosen, node_, windows_ * node_.options_.shift);
      advance(node_.options_.shift);
      ++windows_;
      return true;
    }

    int64_t skip(int64_t count) override {
      // Without the number of windows, only looking tells which is the last.
      if (cardinality_ == Dataset::kUnknown) return ElementIterator::skip(count);
      if (cardinality_ >= 0) count = std::min(count, cardinality_ - windows_);
      advance(detail::product(count, node_.options_.shift));
      windows_ += count;
      return count;
    }

   private:
    void advance(int64_t count) {
      const int64_t held = std::min(count, static_cast<int64_t>(buffer_.size()));
      buffer_.erase(buffer_.begin(), buffer_.begin() + held);
      if (count > held) input_->skip(count - held);
    }

    const WindowNode& node_;
    ElementIteratorPtr input_;
    int64_t cardinality_;
    int64_t windows_ = 0;         // so far
    std::deque<Element> buffer_;  // from the start of the next window on
  };

  int64_t span_;  // from the first of a window to its last
  WindowOptions options_;
};

}  // namespace

Dataset Dataset::window(int64_t size, WindowOptions options) const {
  detail::at_least("window", "size", size, 1);
  detail::at_least("window", "shift", options.shift, 0, " (0 stands for the size)");
  detail::at_least("window", "stride", options.stride, 1);
  if (options.shift == 0) options.shift = size;
  const std::string name = "window(" + std::to_string(size) + ", shift=" + std::to_string(options.shift) +
                           ", stride=" + std::to_string(options.stride) +
                           (options.drop_remainder ? ", drop_remainder)" : ")");
  return Dataset(std::make_shared<WindowNode>(name, node_, size, options));
}

}  // namespace lamina
