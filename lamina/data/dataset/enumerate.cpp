// enumerate: the number of each element beside it.
#include "lamina/data/detail/arguments.h"
#include "lamina/data/detail/elements.h"

namespace lamina {
namespace {

using detail::DatasetNodePtr;
using detail::ElementIteratorPtr;
using detail::Pass;

class EnumerateNode : public detail::DatasetNode {
 public:
  EnumerateNode(DatasetNodePtr input, int64_t start)
      : DatasetNode("enumerate(" + std::to_string(start) + ")", {std::move(input)}), start_(start) {}
  int64_t cardinality() const override { return input().cardinality(); }
  ElementIteratorPtr iterate(const Pass& pass) const override {
    return std::make_unique<Iterator>(*this, input().iterate(pass));
  }

 private:
  class Iterator : public detail::ElementIterator {
   public:
    Iterator(const EnumerateNode& node, ElementIteratorPtr input) : node_(node), input_(std::move(input)) {}
    bool next(Element& element) override {
      if (!input_->next(element)) return false;
      const Tensor number = detail::scalar(node_.start_ + position_).x[0];
      if (element.x.named()) {
        if (element.x.find("index")) {
          detail::fail_at(node_, position_,
                          "the number goes to x['index'], which is there already: rename that with map");
        }
        std::vector<std::pair<std::string, Tensor>> named{{"index", number}};
        for (size_t i = 0; i < element.x.size(); ++i) named.emplace_back(element.x.names()[i], element.x[i]);
        element.x = std::move(named);
      } else {
        std::vector<Tensor> all{number};
        all.insert(all.end(), element.x.begin(), element.x.end());
        element.x = std::move(all);
      }
      ++position_;
      return true;
    }
    int64_t skip(int64_t count) override {
      const int64_t skipped = input_->skip(count);
      position_ += skipped;
      return skipped;
    }

   private:
    const EnumerateNode& node_;
    ElementIteratorPtr input_;
    int64_t position_ = 0;
  };

  int64_t start_;
};

}  // namespace

Dataset Dataset::enumerate(int64_t start) const {
  return Dataset(std::make_shared<EnumerateNode>(node_, start));
}

}  // namespace lamina
