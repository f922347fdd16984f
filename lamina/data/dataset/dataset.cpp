// The handle: passes over a description, and what fit wants to know of it.
#include "lamina/data/dataset.h"

#include "lamina/base/error.h"
#include "lamina/data/detail/dataset_node.h"

namespace lamina {

DatasetIterator::DatasetIterator(std::shared_ptr<detail::DatasetRun> run) : run_(std::move(run)) { ++*this; }

DatasetIterator& DatasetIterator::operator++() {
  if (!run_->next(element_)) run_.reset();
  return *this;
}

Dataset::Dataset(std::shared_ptr<const detail::DatasetNode> node) : node_(std::move(node)) {}
Dataset::Dataset(const Dataset& other) : BatchSource(other), node_(other.node_) {}
// What is moved is the pass under way: the description stays good on both sides.
Dataset::Dataset(Dataset&& other) noexcept : node_(other.node_), run_(std::move(other.run_)) {}
Dataset& Dataset::operator=(Dataset&& other) noexcept {
  node_ = other.node_;
  run_ = std::move(other.run_);
  return *this;
}
Dataset::~Dataset() = default;

Dataset& Dataset::operator=(const Dataset& other) {
  if (this == &other) return *this;
  run_.reset();
  node_ = other.node_;
  return *this;
}

DatasetIterator Dataset::begin() const {
  return DatasetIterator(std::make_shared<detail::DatasetRun>(node_, detail::Pass(), 0));
}

void Dataset::begin(int epoch, uint64_t seed, int64_t first_step) {
  if (epoch < 0 || first_step < 0) {
    throw InvalidArgument("Dataset::begin: epoch and first_step must be 0 or more, received " +
                          std::to_string(epoch) + " and " + std::to_string(first_step));
  }
  run_.reset();  // its threads end before others start
  run_ = std::make_shared<detail::DatasetRun>(node_, detail::Pass{seed, static_cast<uint64_t>(epoch)},
                                              first_step);
}

bool Dataset::next(Batch& batch) {
  if (!run_) throw InvalidArgument("Dataset::next: there is no pass under way; call begin first");
  return run_->next(batch);
}

int64_t Dataset::cardinality() const { return node_->cardinality(); }
std::string Dataset::str() const { return node_->path(); }
std::optional<int64_t> Dataset::samples() const { return node_->samples(); }

std::optional<int64_t> Dataset::steps() const {
  const int64_t count = cardinality();
  return count < 0 ? std::nullopt : std::optional(count);
}

Json Dataset::identity() const { return Json::object({{"dataset", node_->path(false)}}); }

}  // namespace lamina
