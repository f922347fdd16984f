// interleave and flat_map: the elements of datasets that elements become.
#include <algorithm>

#include "lamina/data/detail/arguments.h"
#include "lamina/data/detail/read_ahead.h"

namespace lamina {
namespace {

using detail::DatasetNodePtr;
using detail::ElementIteratorPtr;
using detail::Pass;
using Open = std::function<Dataset(Element)>;

class InterleaveNode : public detail::DatasetNode {
 public:
  InterleaveNode(std::string name, DatasetNodePtr input, Open open, const InterleaveOptions& options)
      : DatasetNode(std::move(name), {std::move(input)}), open_(std::move(open)), options_(options) {}
  int64_t cardinality() const override { return detail::at_most_infinite(input().cardinality()); }
  // What the function gives may shuffle.
  bool depends_on_seed() const override { return true; }
  ElementIteratorPtr iterate(const Pass& pass) const override {
    return std::make_unique<Iterator>(*this, pass);
  }

 private:
  class Iterator : public detail::ElementIterator {
   public:
    Iterator(const InterleaveNode& node, const Pass& pass)
        : node_(node),
          pass_(pass.branch(1)),
          input_(node.input().iterate(pass.branch(0))),
          cycle_(static_cast<size_t>(node.options_.cycle_length)) {}

    bool next(Element& element) override {
      while (open_current()) {
        if (cycle_[current_].elements->next(element)) {
          if (++in_block_ == node_.options_.block_length) advance();
          return true;
        }
        close_current();
      }
      return false;
    }
    int64_t skip(int64_t count) override {
      int64_t skipped = 0;
      while (skipped < count && open_current()) {
        const int64_t wanted = std::min(count - skipped, node_.options_.block_length - in_block_);
        const int64_t step = cycle_[current_].elements->skip(wanted);
        skipped += step;
        in_block_ += step;
        if (step < wanted) {
          close_current();
        } else if (in_block_ == node_.options_.block_length) {
          advance();
        }
      }
      return skipped;
    }

   private:
    struct Place {
      DatasetNodePtr node;  // before its iterator, which it outlives
      ElementIteratorPtr elements;
    };

    // Moves to the next place that has a dataset, or can get one; false when there is none.
    bool open_current() {
      for (size_t tried = 0; tried < cycle_.size(); ++tried) {
        Place& place = cycle_[current_];
        Element element;
        if (place.elements) return true;
        if (!ended_ && input_->next(element)) {
          place.node =
              detail::call_at(node_, opened_, [&] { return node_.open_(std::move(element)); }).node();
          place.elements = place.node->iterate(pass_.branch(static_cast<uint64_t>(opened_++)));
          if (node_.options_.num_parallel_calls != 0) {
            place.elements = detail::read_ahead(std::move(place.elements), node_.options_.block_length);
          }
          return true;
        }
        ended_ = true;
        advance();
      }
      return false;
    }
    void close_current() {
      cycle_[current_].elements.reset();
      advance();
    }
    void advance() {
      current_ = (current_ + 1) % cycle_.size();
      in_block_ = 0;
    }

    const InterleaveNode& node_;
    Pass pass_;
    ElementIteratorPtr input_;
    std::vector<Place> cycle_;
    size_t current_ = 0;
    int64_t in_block_ = 0;
    int64_t opened_ = 0;
    bool ended_ = false;
  };

  Open open_;
  InterleaveOptions options_;
};

}  // namespace

Dataset Dataset::interleave(Open f, InterleaveOptions options) const {
  detail::callable("interleave", f);
  detail::at_least("interleave", "cycle_length", options.cycle_length, 1);
  detail::at_least("interleave", "block_length", options.block_length, 1);
  detail::checked_parallel_calls("interleave", options.num_parallel_calls);
  const std::string name = "interleave(cycle_length=" + std::to_string(options.cycle_length) +
                           ", block_length=" + std::to_string(options.block_length) + ")";
  return Dataset(std::make_shared<InterleaveNode>(name, node_, std::move(f), options));
}

Dataset Dataset::flat_map(Open f) const {
  detail::callable("flat_map", f);
  return Dataset(std::make_shared<InterleaveNode>("flat_map", node_, std::move(f), InterleaveOptions()));
}

}  // namespace lamina
