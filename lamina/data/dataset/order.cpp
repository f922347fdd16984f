// Which elements come, and in what order: take, skip, shard, repeat, concatenate.
#include <algorithm>

#include "lamina/data/detail/arguments.h"

namespace lamina {
namespace {

using detail::DatasetNodePtr;
using detail::ElementIterator;
using detail::ElementIteratorPtr;
using detail::Pass;

constexpr int64_t kAll = std::numeric_limits<int64_t>::max();

// Every step-th element from `first` on, at most `count` of them.
class SliceNode : public detail::DatasetNode {
 public:
  SliceNode(std::string name, DatasetNodePtr input, int64_t first, int64_t step, int64_t count)
      : DatasetNode(std::move(name), {std::move(input)}), first_(first), step_(step), count_(count) {}

  int64_t cardinality() const override {
    const int64_t all = input().cardinality();
    if (all == Dataset::kInfinite && count_ != kAll) return count_;
    return detail::if_finite(all, [&](int64_t count) {
      const int64_t left = std::max<int64_t>(0, count - first_);
      return std::min(count_, left / step_ + (left % step_ ? 1 : 0));
    });
  }
  ElementIteratorPtr iterate(const Pass& pass) const override {
    return std::make_unique<Iterator>(*this, input().iterate(pass));
  }

 private:
  class Iterator : public ElementIterator {
   public:
    Iterator(const SliceNode& node, ElementIteratorPtr input)
        : input_(std::move(input)), before_(node.first_), step_(node.step_), left_(node.count_) {}

    bool next(Element& element) override {
      if (left_ == 0 || !pass_before() || !input_->next(element)) return false;
      before_ = step_ - 1;
      if (left_ != kAll) --left_;
      return true;
    }
    int64_t skip(int64_t count) override {
      count = std::min(count, left_);
      if (count == 0 || !pass_before()) return 0;
      // The last element passed over needs not those between it and the next.
      const int64_t wanted = detail::product(count - 1, step_) + 1;
      const int64_t skipped = input_->skip(wanted);
      const int64_t done = skipped / step_ + (skipped % step_ ? 1 : 0);
      if (done > 0) before_ = step_ - 1;
      if (left_ != kAll) left_ -= done;
      return done;
    }

   private:
    bool pass_before() {
      if (before_ > 0 && input_->skip(before_) < before_) {
        left_ = 0;
        return false;
      }
      before_ = 0;
      return true;
    }

    ElementIteratorPtr input_;
    int64_t before_;  // elements of the input to pass over before the next
    int64_t step_, left_;
  };

  int64_t first_, step_, count_;
};

class RepeatNode : public detail::DatasetNode {
 public:
  RepeatNode(std::string name, DatasetNodePtr input, int64_t count)
      : DatasetNode(std::move(name), {std::move(input)}), count_(count) {}

  int64_t cardinality() const override {
    const int64_t one = input().cardinality();
    if (one == 0 || count_ == 0) return 0;
    if (count_ < 0) return Dataset::kInfinite;
    return detail::if_finite(one, [&](int64_t size) { return detail::product(size, count_); });
  }
  std::optional<int64_t> samples() const override {
    const std::optional<int64_t> one = input().samples();
    if (!one || count_ < 0) return std::nullopt;
    return detail::product(*one, count_);
  }
  ElementIteratorPtr iterate(const Pass& pass) const override {
    return std::make_unique<Iterator>(*this, pass);
  }

 private:
  class Iterator : public ElementIterator {
   public:
    Iterator(const RepeatNode& node, const Pass& pass)
        : node_(node), pass_(pass), size_(node.input().cardinality()) {}

    bool next(Element& element) override {
      while (ready()) {
        if (input_->next(element)) {
          given_ = true;
          return true;
        }
        end_pass();
      }
      return false;
    }
    int64_t skip(int64_t count) override {
      int64_t skipped = 0;
      if (!input_ && size_ > 0) {  // whole passes, without a look
        int64_t passes = count / size_;
        if (node_.count_ >= 0) passes = std::min(passes, node_.count_ - done_);
        done_ += passes;
        skipped = passes * size_;
      }
      while (skipped < count && ready()) {
        const int64_t wanted = count - skipped;
        const int64_t step = input_->skip(wanted);
        skipped += step;
        given_ = given_ || step > 0;
        if (step < wanted) end_pass();
      }
      return skipped;
    }

   private:
    // Whether there is a pass to take from.
    bool ready() {
      if (!input_ && !ended_ && done_ != node_.count_) {
        const auto done = static_cast<uint64_t>(done_);
        input_ = node_.input().iterate(
            {pass_.seed, node_.count_ < 0 ? (pass_.number << 40) + done
                                          : pass_.number * static_cast<uint64_t>(node_.count_) + done});
        given_ = false;
      }
      return input_ != nullptr;
    }
    void end_pass() {
      input_.reset();
      ++done_;
      ended_ = node_.count_ < 0 && !given_;  // an empty input would be asked for ever
    }

    const RepeatNode& node_;
    Pass pass_;
    int64_t size_;  // of a pass; negative when not known
    int64_t done_ = 0;
    ElementIteratorPtr input_;  // none between passes
    bool given_ = false;        // whether this pass had an element
    bool ended_ = false;
  };

  int64_t count_;  // -1: without end
};

class ConcatenateNode : public detail::DatasetNode {
 public:
  ConcatenateNode(DatasetNodePtr first, DatasetNodePtr second)
      : DatasetNode("concatenate", {std::move(first), std::move(second)}) {}
  int64_t cardinality() const override {
    const int64_t first = inputs()[0]->cardinality(), second = inputs()[1]->cardinality();
    if (first == Dataset::kInfinite || second == Dataset::kInfinite) return Dataset::kInfinite;
    return first < 0 || second < 0 ? Dataset::kUnknown : first + second;
  }
  ElementIteratorPtr iterate(const Pass& pass) const override {
    return std::make_unique<Iterator>(*this, pass);
  }

 private:
  class Iterator : public ElementIterator {
   public:
    Iterator(const ConcatenateNode& node, const Pass& pass)
        : node_(node), pass_(pass), current_(node.inputs()[0]->iterate(pass.branch(0))) {}
    bool next(Element& element) override {
      return current_->next(element) || (go_on() && current_->next(element));
    }
    int64_t skip(int64_t count) override {
      const int64_t skipped = current_->skip(count);
      return skipped < count && go_on() ? skipped + current_->skip(count - skipped) : skipped;
    }

   private:
    bool go_on() {
      if (second_) return false;
      second_ = true;
      current_ = node_.inputs()[1]->iterate(pass_.branch(1));
      return true;
    }

    const ConcatenateNode& node_;
    Pass pass_;
    ElementIteratorPtr current_;
    bool second_ = false;
  };
};

std::string call(const char* name, int64_t value) {
  return std::string(name) + "(" + std::to_string(value) + ")";
}

}  // namespace

Dataset Dataset::take(int64_t count) const {
  detail::at_least("take", "count", count, 0, "; leave take out to have all elements");
  return Dataset(std::make_shared<SliceNode>(call("take", count), node_, 0, 1, count));
}

Dataset Dataset::skip(int64_t count) const {
  detail::at_least("skip", "count", count, 0);
  return Dataset(std::make_shared<SliceNode>(call("skip", count), node_, count, 1, kAll));
}

Dataset Dataset::shard(int64_t num_shards, int64_t index) const {
  detail::at_least("shard", "num_shards", num_shards, 1);
  if (index < 0 || index >= num_shards) {
    throw InvalidArgument("Dataset::shard: of " + std::to_string(num_shards) +
                          " shards, index must be one of 0.." + std::to_string(num_shards - 1) +
                          ", received " + std::to_string(index));
  }
  const std::string name = "shard(" + std::to_string(num_shards) + ", " + std::to_string(index) + ")";
  return Dataset(std::make_shared<SliceNode>(name, node_, index, num_shards, kAll));
}

Dataset Dataset::repeat(int64_t count) const {
  detail::at_least("repeat", "count", count, -1, " (-1 repeats without end)");
  return Dataset(std::make_shared<RepeatNode>(count < 0 ? "repeat" : call("repeat", count), node_, count));
}

Dataset Dataset::concatenate(const Dataset& other) const {
  return Dataset(std::make_shared<ConcatenateNode>(node_, other.node_));
}

}  // namespace lamina
