// Internal header: plans of oneDNN primitives that are divided among our own threads. Only for the sources of
// the bridge, since it shows the library's types.
#pragma once

#include <array>
#include <atomic>
#include <dnnl.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "lamina/backend/cpu/detail/onednn.h"

namespace lamina::onednn {

/// The processor; never destroyed, since kernels in static objects of a program may outlive this library's
/// statics.
dnnl::engine& engine();

/// Throws InternalError when the library did not succeed in `what`.
void check(dnnl_status_t status, const char* what);

/// Where the data of one argument of a primitive comes from.
struct Binding {
  enum class Place { kInput, kOutput, kWorkspace };
  int argument;
  dnnl::memory::desc desc;
  Place place;
  size_t index;     // which input or output; for the workspace the offset in bytes
  size_t step = 0;  // bytes from the data of one part to that of the next; 0 where all parts share them
};

/// The addresses of one run.
struct Addresses {
  const void* const* inputs;
  void* const* outputs;
  char* workspace;

  char* of(const Binding& binding, int64_t part) const;
};

/// One primitive and what it takes. Memory objects carry the addresses of one run, and so each running thread
/// takes a set of them out of a small pool and puts it back.
class Call {
 public:
  Call(dnnl::primitive primitive, std::vector<Binding> bindings, bool relu);
  ~Call();
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  void run(const Addresses& addresses, int64_t part) const;

 private:
  class Arguments;
  std::unique_ptr<Arguments> take() const;
  void give_back(std::unique_ptr<Arguments> set) const;

  dnnl::primitive primitive_;
  std::vector<Binding> bindings_;
  const Binding* relu_ = nullptr;  // what goes through relu once it is written
  mutable std::array<std::atomic<Arguments*>, 32> pool_{};
};

/// A list of steps, one after another. Each is cut into parts, which threads share.
class Sequence final : public Plan {
 public:
  /// What a primitive holds, on average over convolutions of all passes and the changes of order beside them
  /// (measured as growth of the process; the library does not say).
  static constexpr size_t kPrimitiveBytes = 24 * 1024;

  /// What is done for a part.
  struct Work {
    dnnl::primitive primitive;
    std::vector<Binding> bindings;
    dnnl::memory::desc scratchpad;
    bool relu = false;  // of DNNL_ARG_DST, NaN kept
  };

  /// Room in the workspace; the offset of its first byte, aligned to 64.
  size_t reserve(size_t bytes);
  /// `parts` times `each`, but `last` for the last part if there is such.
  void add(Work each, int64_t parts = 1, std::optional<Work> last = std::nullopt);
  /// `to` = the sum of `parts` arrays of that many floats; `from` binds the first of them, and its step.
  void add_sum(const Binding& from, const Binding& to, int64_t floats, int64_t parts);

  size_t workspace() const override { return workspace_; }
  size_t bytes() const override { return primitives_ * kPrimitiveBytes; }
  void run(const void* const* inputs, void* const* outputs, void* workspace) const override;

 private:
  std::unique_ptr<Call> call(Work work, int64_t parts);

  std::vector<std::function<void(const Addresses&)>> steps_;
  size_t workspace_ = 0;
  size_t primitives_ = 0;
};

}  // namespace lamina::onednn
