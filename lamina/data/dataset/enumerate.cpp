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
  class Iterator : public detail::OneForOne {
   public:
    Iterator(const EnumerateNode& node, ElementIteratorPtr input)
        : OneForOne(std::move(input)), node_(node) {}

   private:
    void change(Element& element, int64_t position) override {
      const Tensor number = detail::scalar(node_.start_ + position).x[0];
      if (element.x.named()) {
        if (element.x.find("index")) {
          detail::fail_at(node_, position,
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
    }

    const EnumerateNode& node_;
  };

  int64_t start_;
};

}  // namespace

Dataset Dataset::enumerate(int64_t start) const {
  return Dataset(std::make_shared<EnumerateNode>(node_, start));
}

}  // namespace lamina
