// shuffle: a buffer from which elements are drawn.
#include <algorithm>

#include "lamina/data/detail/arguments.h"

namespace lamina {
namespace {

using detail::ElementIteratorPtr;
using detail::IndexedNode;
using detail::Pass;

class ShuffleNode : public detail::DatasetNode {
 public:
  ShuffleNode(std::string name, detail::DatasetNodePtr input, int64_t buffer_size, ShuffleOptions options)
      : DatasetNode(std::move(name), {std::move(input)}),
        buffer_size_(buffer_size),
        options_(std::move(options)) {}

  int64_t cardinality() const override { return input().cardinality(); }
  std::optional<int64_t> samples() const override { return input().samples(); }
  bool depends_on_seed() const override { return !options_.seed || input().depends_on_seed(); }
  ElementIteratorPtr iterate(const Pass& pass) const override {
    return std::make_unique<Iterator>(*this, pass);
  }

 private:
  // Draws depend on how many elements there are, never on what is in them. So a slot of the buffer can be the
  // number of an element, which is fetched when it leaves (if the input can do that), or after a skip.
  class Iterator : public detail::ElementIterator {
   public:
    Iterator(const ShuffleNode& node, const Pass& pass)
        : buffer_size_(node.buffer_size_),
          seed_(detail::derived_seed(node.options_.seed.value_or(detail::derived_seed(pass.seed, 0)),
                                     node.options_.reshuffle_each_iteration ? pass.number : 0)),
          cardinality_(node.input().cardinality()),
          source_(dynamic_cast<const IndexedNode*>(&node.input())),
          source_pass_(pass.branch(1)),
          input_(node.input().iterate(source_pass_)) {}

    bool next(Element& element) override {
      fill();
      if (slots_.empty()) return false;
      Slot& slot = slots_[draw()];
      element = source_ ? source_->at(slot.number, source_pass_) : std::move(slot.element);
      refill(slot);
      return true;
    }

    int64_t skip(int64_t count) override {
      const bool fresh = drawn_ == 0 && read_ == 0;
      // Where the input ends is known: the draws can be made on numbers, and only what stays is computed.
      if (!source_ && !(fresh && cardinality_ != Dataset::kUnknown)) return ElementIterator::skip(count);
      numbers_only_ = true;
      int64_t skipped = 0;
      for (; skipped < count; ++skipped) {
        fill();
        if (slots_.empty()) break;
        refill(slots_[draw()]);
      }
      numbers_only_ = false;
      if (!source_) fetch_slots();
      return skipped;
    }

   private:
    struct Slot {
      int64_t number;  // of the element in the input
      Element element = {};
    };

    size_t draw() {
      const uint64_t bits = detail::derived_seed(seed_, drawn_++) >> 32;
      return static_cast<size_t>((bits * slots_.size()) >> 32);  // even to within 2^-32 * size
    }
    // The next of the input; false at its end.
    bool read(Slot& slot) {
      if (ended_) return false;
      if (source_ || numbers_only_) {
        ended_ = read_ == cardinality_;
      } else {
        ended_ = !input_->next(slot.element);
      }
      slot.number = read_;
      if (!ended_) ++read_;
      return !ended_;
    }
    void fill() {
      Slot slot{};
      while (static_cast<int64_t>(slots_.size()) < buffer_size_ && read(slot))
        slots_.push_back(std::move(slot));
    }
    void refill(Slot& slot) {
      if (read(slot)) return;
      slot = std::move(slots_.back());
      slots_.pop_back();
    }
    // Computes what the slots hold by number, passing over the rest. The last that was read is always among
    // them.
    void fetch_slots() {
      std::vector<Slot*> by_number;
      for (Slot& slot : slots_) by_number.push_back(&slot);
      std::sort(by_number.begin(), by_number.end(),
                [](const Slot* a, const Slot* b) { return a->number < b->number; });
      int64_t at = 0;
      for (Slot* slot : by_number) {
        input_->skip(slot->number - at);
        input_->next(slot->element);
        at = slot->number + 1;
      }
    }

    int64_t buffer_size_;
    uint64_t seed_;
    int64_t cardinality_;
    const IndexedNode* source_;  // none when elements come in order only
    Pass source_pass_;
    ElementIteratorPtr input_;
    std::vector<Slot> slots_;
    uint64_t drawn_ = 0;
    int64_t read_ = 0;  // elements of the input
    bool ended_ = false;
    bool numbers_only_ = false;
  };

  int64_t buffer_size_;
  ShuffleOptions options_;
};

}  // namespace

Dataset Dataset::shuffle(int64_t buffer_size, ShuffleOptions options) const {
  detail::at_least("shuffle", "buffer_size", buffer_size, 1,
                   ": each element is drawn from a buffer of that many");
  const std::string name = "shuffle(" + std::to_string(buffer_size) +
                           (options.seed ? ", seed=" + std::to_string(*options.seed) : "") +
                           (options.reshuffle_each_iteration ? ")" : ", once)");
  return Dataset(std::make_shared<ShuffleNode>(name, node_, buffer_size, std::move(options)));
}

}  // namespace lamina
