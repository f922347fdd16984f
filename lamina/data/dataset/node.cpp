// What all stages share: passing over elements, naming stages in errors, computing what functions give.
#include <algorithm>
#include <exception>

#include "lamina/base/error.h"
#include "lamina/core/tensor_node.h"
#include "lamina/data/detail/dataset_node.h"

namespace lamina::detail {
namespace {

class IndexedIterator : public ElementIterator {
 public:
  IndexedIterator(const IndexedNode& node, const Pass& pass)
      : node_(node), pass_(pass), size_(node.cardinality()) {}

  bool next(Element& element) override {
    if (position_ == size_) return false;
    element = node_.at(position_++, pass_);
    return true;
  }
  int64_t skip(int64_t count) override {
    if (size_ >= 0) count = std::min(count, size_ - position_);
    position_ += count;
    return count;
  }

 private:
  const IndexedNode& node_;
  Pass pass_;
  int64_t size_;  // negative: without end
  int64_t position_ = 0;
};

// Values without a history of how they were computed. That belongs to the thread that did it, which may drop
// it while another reads the tensor; and it would keep the arguments of every function alive.
void without_past(Tensors& tensors) {
  const auto has_past = [](const Tensor& tensor) { return tensor.node()->history != nullptr; };
  if (std::none_of(tensors.begin(), tensors.end(), has_past)) return;
  std::vector<Tensor> values;
  for (const Tensor& tensor : tensors) {
    values.push_back(has_past(tensor) ? Tensor::wrap(tensor.buffer(), tensor.type()) : tensor);
  }
  tensors = tensors.with_values(std::move(values));
}

// "element 17 of map"
std::string place(const DatasetNode& node, int64_t element) {
  return "Dataset: element " + std::to_string(element) + " of " + node.name() + ": ";
}
std::string pipeline(const DatasetNode& node) { return " (pipeline: " + node.path() + ")"; }

}  // namespace

int64_t ElementIterator::skip(int64_t count) {
  Element ignored;
  int64_t skipped = 0;
  while (skipped < count && next(ignored)) ++skipped;
  return skipped;
}

bool OneForOne::next(Element& element) {
  if (!input_->next(element)) return false;
  change(element, position_++);
  return true;
}

int64_t OneForOne::skip(int64_t count) {
  const int64_t skipped = input_->skip(count);
  position_ += skipped;
  return skipped;
}

ElementIteratorPtr IndexedNode::iterate(const Pass& pass) const {
  return std::make_unique<IndexedIterator>(*this, pass);
}

bool DatasetNode::depends_on_seed() const {
  for (const DatasetNodePtr& input : inputs_) {
    if (input->depends_on_seed()) return true;
  }
  return false;
}

std::string DatasetNode::path(bool with_those_for_speed) const {
  if (inputs_.empty()) return name_;
  if (inputs_.size() == 1) {
    const std::string before = input().path(with_those_for_speed);
    return only_for_speed() && !with_those_for_speed ? before : before + " > " + name_;
  }
  std::string text = name_ + "(";
  for (const DatasetNodePtr& input : inputs_) {
    if (input != inputs_.front()) text += ", ";
    text += input->path(with_those_for_speed);
  }
  return text + ")";
}

DatasetRun::DatasetRun(DatasetNodePtr node, const Pass& pass, int64_t first)
    : node_(std::move(node)), iterator_(node_->iterate(pass)) {
  if (first > 0) iterator_->skip(first);
}

bool DatasetRun::next(Element& element) {
  if (error_) std::rethrow_exception(error_);
  if (!iterator_) return false;
  try {
    if (iterator_->next(element)) return true;
  } catch (...) {
    error_ = std::current_exception();
  }
  iterator_.reset();  // ends its threads, frees its buffers
  if (error_) std::rethrow_exception(error_);
  return false;
}

void rethrow_with(const std::string& before, const std::string& after) {
  try {
    throw;
  } catch (const InvalidArgument& error) {
    std::throw_with_nested(InvalidArgument(before + error.what() + after));
  } catch (const Unsupported& error) {
    std::throw_with_nested(Unsupported(before + error.what() + after));
  } catch (const FileError& error) {
    std::throw_with_nested(FileError(before + error.what() + after));
  } catch (const std::exception& error) {
    std::throw_with_nested(Error(before + error.what() + after));
  } catch (...) {
    std::throw_with_nested(Error(before + "what was thrown is no std::exception" + after));
  }
}

void rethrow_at(const DatasetNode& node, int64_t element) {
  rethrow_with(place(node, element), pipeline(node));
}

void fail_at(const DatasetNode& node, int64_t element, const std::string& message) {
  throw InvalidArgument(place(node, element) + message + pipeline(node));
}

void compute(Element& element) {
  if (element.x.empty()) {
    throw InvalidArgument(
        "there is no tensor in x, and an element needs one; leave elements out with filter");
  }
  std::vector<Tensor> pending;
  for (const Tensors* part : {&element.x, &element.y, &element.sample_weight}) {
    for (const Tensor& tensor : *part) {
      if (!tensor.computed()) pending.push_back(tensor);
    }
  }
  if (!pending.empty()) eval(pending);
  for (Tensors* part : {&element.x, &element.y, &element.sample_weight}) {
    // Elements are on the host.
    for (size_t i = 0; i < part->size(); ++i) {
      if (part->values()[i].device() != Device{}) part->set(i, part->values()[i].to(Device{}));
    }
    without_past(*part);
  }
}

}  // namespace lamina::detail
