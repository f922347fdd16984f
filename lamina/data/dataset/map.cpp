// map and filter, and files as a map of their paths.
#include <algorithm>

#include "lamina/data/detail/arguments.h"
#include "lamina/data/detail/read_ahead.h"

namespace lamina {
namespace {

using detail::DatasetNodePtr;
using detail::ElementIteratorPtr;
using detail::Pass;
using Predicate = std::function<bool(const Element&)>;

class MapNode : public detail::DatasetNode {
 public:
  MapNode(std::string name, DatasetNodePtr input, MapFunction f, int num_threads)
      : DatasetNode(std::move(name), {std::move(input)}), f_(std::move(f)), num_threads_(num_threads) {}
  int64_t cardinality() const override { return input().cardinality(); }
  ElementIteratorPtr iterate(const Pass& pass) const override {
    if (num_threads_ > 0) return detail::parallel_map(input().iterate(pass), f_, num_threads_, *this);
    return std::make_unique<Iterator>(*this, input().iterate(pass));
  }

 private:
  class Iterator : public detail::OneForOne {
   public:
    Iterator(const MapNode& node, ElementIteratorPtr input) : OneForOne(std::move(input)), node_(node) {}

   private:
    void change(Element& element, int64_t number) override {
      detail::call_at(node_, number, [&] {
        element = node_.f_(std::move(element));
        detail::compute(element);
      });
    }

    const MapNode& node_;
  };

  MapFunction f_;
  int num_threads_;
};

class FilterNode : public detail::DatasetNode {
 public:
  FilterNode(DatasetNodePtr input, Predicate predicate)
      : DatasetNode("filter", {std::move(input)}), predicate_(std::move(predicate)) {}
  int64_t cardinality() const override { return detail::at_most_infinite(input().cardinality()); }
  ElementIteratorPtr iterate(const Pass& pass) const override {
    return std::make_unique<Iterator>(*this, input().iterate(pass));
  }

 private:
  class Iterator : public detail::ElementIterator {
   public:
    Iterator(const FilterNode& node, ElementIteratorPtr input) : node_(node), input_(std::move(input)) {}
    bool next(Element& element) override {
      while (input_->next(element)) {
        const Element& candidate = element;
        if (detail::call_at(node_, position_++, [&] { return node_.predicate_(candidate); })) return true;
      }
      return false;
    }

   private:
    const FilterNode& node_;
    ElementIteratorPtr input_;
    int64_t position_ = 0;
  };

  Predicate predicate_;
};

}  // namespace

namespace detail {

const Tensor& only(const char* part, const Tensors& tensors) {
  if (tensors.size() == 1) return tensors[0];
  throw InvalidArgument("the function takes " + std::string(part) + " as one tensor, but there are " +
                        std::to_string(tensors.size()) + "; write a function of the Element");
}

int checked_parallel_calls(const char* method, int num_parallel_calls) {
  at_least(
      method, "num_parallel_calls", num_parallel_calls, kAutotune,
      " (0 calls the function where elements are asked for, kAutotune takes all of the machine's threads)");
  constexpr int kMost = 256;  // threads are not free, and nothing but waiting needs so many
  return num_parallel_calls == kAutotune ? num_threads() : std::min(num_parallel_calls, kMost);
}

}  // namespace detail

Dataset Dataset::map(MapFunction f, MapOptions options) const {
  detail::callable("map", f);
  const int threads = detail::checked_parallel_calls("map", options.num_parallel_calls);
  return Dataset(std::make_shared<MapNode>("map", node_, std::move(f), threads));
}

Dataset Dataset::filter(Predicate predicate) const {
  detail::callable("filter", predicate);
  return Dataset(std::make_shared<FilterNode>(node_, std::move(predicate)));
}

Dataset Dataset::from_files(std::vector<std::string> paths, std::function<Element(const std::string&)> read,
                            FilesOptions options) {
  detail::callable("from_files", read);
  if (paths.empty()) throw InvalidArgument("Dataset::from_files: there is no file in the list");
  const auto count = static_cast<int64_t>(paths.size());
  Dataset order = range(count);
  if (options.shuffle) order = order.shuffle(count, {.seed = options.seed});
  auto read_one = [paths = std::move(paths), read = std::move(read)](Element number) {
    const std::string& path = paths[static_cast<size_t>(number.x[0].item<int64_t>())];
    try {
      return read(path);
    } catch (...) {
      detail::rethrow_with("'" + path + "': ");
    }
  };
  const int threads = detail::checked_parallel_calls("from_files", options.num_parallel_calls);
  return Dataset(std::make_shared<MapNode>("from_files", order.node(), std::move(read_one), threads));
}

}  // namespace lamina
