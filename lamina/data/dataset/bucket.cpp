// bucket_by_sequence_length: batches of elements of similar length.
#include <algorithm>

#include "lamina/data/detail/arguments.h"
#include "lamina/data/detail/elements.h"

namespace lamina {
namespace {

using detail::ElementIteratorPtr;
using detail::Pass;
using Length = std::function<int64_t(const Element&)>;

class BucketNode : public detail::DatasetNode {
 public:
  BucketNode(std::string name, detail::DatasetNodePtr input, Length length, BucketOptions options)
      : DatasetNode(std::move(name), {std::move(input)}),
        length_(std::move(length)),
        options_(std::move(options)) {}
  int64_t cardinality() const override { return detail::at_most_infinite(input().cardinality()); }
  ElementIteratorPtr iterate(const Pass& pass) const override {
    return std::make_unique<Iterator>(*this, input().iterate(pass));
  }

 private:
  struct Bucket {
    std::vector<Element> elements;
    std::vector<int64_t> numbers;  // theirs, in the input
  };

  class Iterator : public detail::ElementIterator {
   public:
    Iterator(const BucketNode& node, ElementIteratorPtr input)
        : node_(node), input_(std::move(input)), buckets_(node.options_.bucket_batch_sizes.size()) {}

    bool next(Element& batch) override {
      Bucket full;
      const size_t which = take_full(full);
      if (full.elements.empty()) return false;
      const auto& boundaries = node_.options_.bucket_boundaries;
      detail::Padding padding{node_.options_.padded_shapes, node_.options_.padding_values, 0};
      if (node_.options_.pad_to_bucket_boundary) {
        if (which == boundaries.size()) {
          detail::fail_at(node_, full.numbers[0],
                          "with pad_to_bucket_boundary no element may be as long as the last boundary, " +
                              std::to_string(boundaries.back()) + "; filter, or add a boundary");
        }
        padding.open_extent = boundaries[which] - 1;
      }
      batch = detail::stack_padded(full.elements, padding, node_, full.numbers);
      return true;
    }
    // Which elements share a batch is known from their lengths: nothing need be stacked.
    int64_t skip(int64_t count) override {
      for (int64_t skipped = 0; skipped < count; ++skipped) {
        Bucket full;
        take_full(full);
        if (full.elements.empty()) return skipped;
      }
      return count;
    }

   private:
    // The next bucket that is full, or at the end the first that is not empty; gives its index.
    size_t take_full(Bucket& full) {
      Element element;
      while (!ended_ && input_->next(element)) {
        const size_t which = detail::call_at(node_, position_, [&] { return bucket_of(element); });
        Bucket& bucket = buckets_[which];
        bucket.elements.push_back(std::move(element));
        bucket.numbers.push_back(position_++);
        const int64_t wanted = node_.options_.bucket_batch_sizes[which];
        if (static_cast<int64_t>(bucket.elements.size()) == wanted) {
          std::swap(bucket, full);
          return which;
        }
      }
      ended_ = true;
      for (size_t which = 0; which < buckets_.size() && !node_.options_.drop_remainder; ++which) {
        if (buckets_[which].elements.empty()) continue;
        std::swap(buckets_[which], full);
        return which;
      }
      return 0;
    }

    size_t bucket_of(const Element& element) const {
      const int64_t length = node_.length_(element);
      if (length < 0) {
        throw InvalidArgument("the length function gave " + std::to_string(length) +
                              "; 0 or more was expected");
      }
      const auto& boundaries = node_.options_.bucket_boundaries;
      return static_cast<size_t>(std::upper_bound(boundaries.begin(), boundaries.end(), length) -
                                 boundaries.begin());
    }

    const BucketNode& node_;
    ElementIteratorPtr input_;
    std::vector<Bucket> buckets_;
    int64_t position_ = 0;  // in the input
    bool ended_ = false;
  };

  Length length_;
  BucketOptions options_;
};

std::string joined(const std::vector<int64_t>& values) {
  std::string text;
  for (const int64_t value : values) text += (text.empty() ? "" : ", ") + std::to_string(value);
  return "{" + text + "}";
}

}  // namespace

Dataset Dataset::bucket_by_sequence_length(Length length, BucketOptions options) const {
  constexpr const char* kMethod = "bucket_by_sequence_length";
  detail::callable(kMethod, length);
  const auto &boundaries = options.bucket_boundaries, &sizes = options.bucket_batch_sizes;
  const auto fail = [](const std::string& message) {
    throw InvalidArgument("Dataset::bucket_by_sequence_length: " + message);
  };
  if (boundaries.empty()) fail("there must be at least one bucket boundary");
  for (size_t i = 0; i < boundaries.size(); ++i) {
    if (boundaries[i] <= (i ? boundaries[i - 1] : 0)) {
      fail("the boundaries must be positive and ascend, received " + joined(boundaries));
    }
  }
  if (sizes.size() != boundaries.size() + 1) {
    fail(std::to_string(boundaries.size()) + " boundaries make " + std::to_string(boundaries.size() + 1) +
         " buckets (the last takes what is longer), but there are " + std::to_string(sizes.size()) +
         " batch sizes");
  }
  for (const int64_t size : sizes) detail::at_least(kMethod, "a batch size", size, 1);
  const std::string name = std::string(kMethod) + "(" + joined(boundaries) + ", " + joined(sizes) +
                           (options.drop_remainder ? ", drop_remainder)" : ")");
  return Dataset(std::make_shared<BucketNode>(name, node_, std::move(length), std::move(options)));
}

}  // namespace lamina
