// PreparedInputs: what programs need of steady tensors, computed once for their contents. Internal header.
#pragma once

#include <map>
#include <memory>
#include <shared_mutex>
#include <span>
#include <string>
#include <vector>

#include "lamina/core/tensor.h"
#include "lamina/core/tensor_node.h"
#include "lamina/graph/steady.h"

namespace lamina::detail {

struct ReadySteady;

/// The parts of one program that steady inputs decide, as take_out_steady gave them.
class Preparation {
 public:
  explicit Preparation(std::vector<SteadyPart> parts);
  bool empty() const { return parts_.empty(); }

 private:
  friend class PreparedInputs;
  struct Part {
    SteadyPart steady;
    std::string text;  ///< of its graph: parts with one text compute the same of the same tensors
  };
  std::vector<Part> parts_;
  std::vector<size_t> inputs_;                      ///< all that the parts read, each once
  mutable std::weak_ptr<const ReadySteady> ready_;  ///< guarded by the PreparedInputs
};

/// What the parts of a program gave for certain contents of its inputs.
struct ReadySteady {
  struct Source {
    std::weak_ptr<TensorNode> node;
    uint64_t version;

    explicit Source(const Tensor& tensor) : node(tensor.node()), version(tensor.node()->version) {}
    /// Serial numbers do not tell: what is made again for a gradient takes that of its result. Owners are compared
    /// without counting references.
    bool is(const Tensor& tensor) const {
      return version == tensor.node()->version && !node.owner_before(tensor.node()) &&
             !tensor.node().owner_before(node);
    }
    bool current() const {
      const std::shared_ptr<TensorNode> living = node.lock();
      return living && living->version == version;
    }
  };
  std::vector<Source> sources;  ///< by place in Preparation::inputs_
  std::vector<std::shared_ptr<Buffer>> buffers;
};

/// Any number of threads may ask at once.
class PreparedInputs {
 public:
  /// A buffer for each part of `preparation`, of the program's inputs, which are computed. Computed now unless it was of
  /// the same contents before; always where somebody may write there unseen.
  std::shared_ptr<const ReadySteady> get(const Preparation& preparation, std::span<const Tensor* const> inputs);

  /// Bytes of all that is kept.
  size_t bytes() const;
  /// How often a part was computed.
  int made() const;

 private:
  struct Entry {
    std::vector<ReadySteady::Source> sources;
    std::shared_ptr<Buffer> buffer;
  };

  std::shared_ptr<const ReadySteady> find(const Preparation& preparation,
                                          std::span<const Tensor* const> inputs) const;
  std::shared_ptr<Buffer> get(const Preparation::Part& part, std::span<const Tensor* const> inputs);

  mutable std::shared_mutex mutex_;
  std::multimap<std::string, Entry> entries_;  // by the text of the part
  std::vector<std::shared_ptr<const ReadySteady>> ready_;
  int made_ = 0;
};

}  // namespace lamina::detail
