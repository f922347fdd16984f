// Allocation-free execution of oneDNN's primitives, each on one thread, their parts on several.
#include "lamina/backend/cpu/detail/onednn_sequence.h"

#include <algorithm>
#include <string>

#include "lamina/backend/cpu/detail/one_thread.h"
#include "lamina/base/detail/block_signals.h"
#include "lamina/base/error.h"
#include "lamina/base/threads.h"

namespace lamina::onednn {
namespace {

dnnl_stream_t stream() {
  thread_local const dnnl::stream mine(engine());
  return mine.get();
}

/// A step has several parts only when it takes this long: nanoseconds.
constexpr double kLong = 1e6;

/// The library's own makes NaN 0. A part is still in the cache here, so that this is next to nothing beside
/// the convolution.
void relu(float* values, size_t count) {
  for (size_t i = 0; i < count; ++i) values[i] = values[i] <= 0 ? 0.0f : values[i];
}

size_t aligned(size_t bytes) { return (bytes + 63) / 64 * 64; }

}  // namespace

dnnl::engine& engine() {
  static auto* const cpu = [] {
    dnnl::set_primitive_cache_capacity(64);  // plans are kept in a cache of our own, which counts bytes
    return new dnnl::engine(dnnl::engine::kind::cpu, 0);
  }();
  return *cpu;
}

void check(dnnl_status_t status, const char* what) {
  if (status != dnnl_success)
    throw InternalError(std::string("oneDNN: ") + what + " failed with status " + std::to_string(status));
}

char* Addresses::of(const Binding& binding, int64_t part) const {
  const size_t offset = static_cast<size_t>(part) * binding.step;
  switch (binding.place) {
    case Binding::Place::kInput:
      return static_cast<char*>(const_cast<void*>(inputs[binding.index])) + offset;
    case Binding::Place::kOutput:
      return static_cast<char*>(outputs[binding.index]) + offset;
    case Binding::Place::kWorkspace:
      return workspace + binding.index + offset;
  }
  return nullptr;
}

class Call::Arguments {
 public:
  explicit Arguments(const std::vector<Binding>& bindings) {
    list.reserve(bindings.size());
    for (const Binding& binding : bindings) {
      dnnl_memory_t object = nullptr;
      check(dnnl_memory_create(&object, &binding.desc.data, engine().get(), DNNL_MEMORY_NONE),
            "making a memory");
      list.push_back({binding.argument, object});
    }
  }
  ~Arguments() {
    for (dnnl_exec_arg_t& argument : list) dnnl_memory_destroy(argument.memory);
  }
  Arguments(const Arguments&) = delete;
  Arguments& operator=(const Arguments&) = delete;

  std::vector<dnnl_exec_arg_t> list;
};

Call::Call(dnnl::primitive primitive, std::vector<Binding> bindings, bool relu)
    : primitive_(std::move(primitive)), bindings_(std::move(bindings)) {
  for (const Binding& binding : bindings_) {
    if (relu && binding.argument == DNNL_ARG_DST) relu_ = &binding;
  }
}

Call::~Call() {
  for (auto& slot : pool_) delete slot.load();
}

std::unique_ptr<Call::Arguments> Call::take() const {
  for (auto& slot : pool_) {
    if (!slot.load(std::memory_order_relaxed)) continue;
    if (Arguments* set = slot.exchange(nullptr, std::memory_order_acquire))
      return std::unique_ptr<Arguments>(set);
  }
  return std::make_unique<Arguments>(bindings_);
}

void Call::give_back(std::unique_ptr<Arguments> set) const {
  for (auto& slot : pool_) {
    Arguments* expected = nullptr;
    if (slot.compare_exchange_strong(expected, set.get(), std::memory_order_release,
                                     std::memory_order_relaxed)) {
      set.release();
      return;
    }
  }
}

void Call::run(const Addresses& addresses, int64_t part) const {
  std::unique_ptr<Arguments> set = take();
  const dnnl_stream_t on = stream();
  for (size_t i = 0; i < bindings_.size(); ++i) {
    check(dnnl_memory_set_data_handle_v2(set->list[i].memory, addresses.of(bindings_[i], part), on),
          "setting an address");
  }
  check(dnnl_primitive_execute(primitive_.get(), on, static_cast<int>(set->list.size()), set->list.data()),
        "executing a primitive");
  if (relu_) {
    relu(reinterpret_cast<float*>(addresses.of(*relu_, part)), relu_->desc.get_size() / sizeof(float));
  }
  give_back(std::move(set));
}

size_t Sequence::reserve(size_t bytes) {
  const size_t offset = workspace_;
  workspace_ += aligned(bytes);
  return offset;
}

std::unique_ptr<Call> Sequence::call(Work work, int64_t parts) {
  if (const size_t bytes = aligned(work.scratchpad.get_size()); bytes > 0) {
    work.bindings.push_back({DNNL_ARG_SCRATCHPAD, work.scratchpad, Binding::Place::kWorkspace,
                             reserve(bytes * static_cast<size_t>(parts)), parts > 1 ? bytes : 0});
  }
  ++primitives_;
  return std::make_unique<Call>(std::move(work.primitive), std::move(work.bindings), work.relu);
}

void Sequence::add(Work each, int64_t parts, std::optional<Work> last) {
  const std::shared_ptr<const Call> all = call(std::move(each), parts);
  std::shared_ptr<const Call> end = all;
  if (last) end = call(std::move(*last), 1);
  steps_.emplace_back([all, end, parts](const Addresses& addresses) {
    const lamina::detail::BlockSignals undisturbed;
    parallel_parts(parts, kLong, [&](int64_t begin, int64_t to) {
      const lamina::detail::OneThread serial;
      for (int64_t part = begin; part < to; ++part) {
        const Call& one = part + 1 == parts ? *end : *all;
        one.run(addresses, part);
      }
    });
  });
}

void Sequence::add_sum(const Binding& from, const Binding& to, int64_t floats, int64_t parts) {
  steps_.emplace_back([=](const Addresses& addresses) {
    auto* const total = reinterpret_cast<float*>(addresses.of(to, 0));
    parallel_for(floats, 8192, [&](int64_t begin, int64_t end) {
      std::copy_n(reinterpret_cast<const float*>(addresses.of(from, 0)) + begin, end - begin, total + begin);
      for (int64_t part = 1; part < parts; ++part) {
        const auto* const more = reinterpret_cast<const float*>(addresses.of(from, part));
        for (int64_t i = begin; i < end; ++i) total[i] += more[i];
      }
    });
  });
}

void Sequence::run(const void* const* inputs, void* const* outputs, void* workspace) const {
  const Addresses addresses{inputs, outputs, static_cast<char*>(workspace)};
  for (const auto& step : steps_) step(addresses);
}

}  // namespace lamina::onednn
