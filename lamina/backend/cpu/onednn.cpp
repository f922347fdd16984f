// Descriptors, primitives, their cache, and allocation-free execution.
#include <array>
#include <atomic>
#include <cstring>
#include <deque>
#include <dnnl.hpp>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lamina/backend/cpu/detail/onednn.h"
#include "lamina/base/error.h"
#include "lamina/base/threads.h"

namespace lamina::onednn {
namespace {

using dnnl::memory;
using Dims = memory::dims;

// Never destroyed: kernels in static objects of a program may outlive this library's statics.
dnnl::engine& engine() {
  static auto* const cpu = new dnnl::engine(dnnl::engine::kind::cpu, 0);
  return *cpu;
}

dnnl_stream_t stream() {
  thread_local const dnnl::stream mine(engine());
  return mine.get();
}

void check(dnnl_status_t status, const char* what) {
  if (status != dnnl_success) {
    throw InternalError(std::string("oneDNN: ") + what + " failed with status " + std::to_string(status));
  }
}

/// Where the data of one argument of a primitive comes from.
struct Binding {
  enum class Place { kInput, kOutput, kWorkspace };
  int argument;
  memory::desc desc;
  Place place;
  size_t index;  // which input or output; for the workspace the offset in bytes
};

struct PlanStep {
  dnnl::primitive primitive;
  std::vector<Binding> bindings;
};

size_t aligned(size_t bytes) { return (bytes + 63) / 64 * 64; }

/// A list of primitives. Memory objects carry the addresses of one run, and so each running thread takes a
/// set of them out of a small pool and puts it back.
class Sequence final : public Plan {
 public:
  ~Sequence() override {
    for (auto& slot : pool_) delete slot.load();
  }

  size_t reserve(size_t bytes) {
    const size_t offset = workspace_;
    workspace_ += aligned(bytes);
    return offset;
  }

  void add(const dnnl::primitive& primitive, std::vector<Binding> bindings, const memory::desc& scratchpad) {
    if (scratchpad.get_size() > 0) {
      bindings.push_back(
          {DNNL_ARG_SCRATCHPAD, scratchpad, Binding::Place::kWorkspace, reserve(scratchpad.get_size())});
    }
    steps_.push_back({primitive, std::move(bindings)});
  }

  size_t workspace() const override { return workspace_; }

  void run(const void* const* inputs, void* const* outputs, void* workspace) const override {
    std::unique_ptr<Arguments> set = take();
    const dnnl_stream_t on = stream();
    for (size_t s = 0; s < steps_.size(); ++s) {
      const PlanStep& step = steps_[s];
      std::vector<dnnl_exec_arg_t>& list = set->steps[s];
      for (size_t i = 0; i < list.size(); ++i) {
        const Binding& binding = step.bindings[i];
        void* address = nullptr;
        switch (binding.place) {
          case Binding::Place::kInput:
            address = const_cast<void*>(inputs[binding.index]);
            break;
          case Binding::Place::kOutput:
            address = outputs[binding.index];
            break;
          case Binding::Place::kWorkspace:
            address = static_cast<char*>(workspace) + binding.index;
            break;
        }
        check(dnnl_memory_set_data_handle_v2(list[i].memory, address, on), "setting an address");
      }
      check(dnnl_primitive_execute(step.primitive.get(), on, static_cast<int>(list.size()), list.data()),
            "executing a primitive");
    }
    give_back(std::move(set));
  }

 private:
  struct Arguments {
    std::vector<std::vector<dnnl_exec_arg_t>> steps;

    explicit Arguments(const std::vector<PlanStep>& plan) {
      for (const PlanStep& step : plan) {
        auto& list = steps.emplace_back();
        for (const Binding& binding : step.bindings) {
          dnnl_memory_t object = nullptr;
          check(dnnl_memory_create(&object, &binding.desc.data, engine().get(), DNNL_MEMORY_NONE),
                "making a memory");
          list.push_back({binding.argument, object});
        }
      }
    }
    ~Arguments() {
      for (auto& list : steps) {
        for (dnnl_exec_arg_t& argument : list) dnnl_memory_destroy(argument.memory);
      }
    }
    Arguments(const Arguments&) = delete;
    Arguments& operator=(const Arguments&) = delete;
  };

  std::unique_ptr<Arguments> take() const {
    for (auto& slot : pool_) {
      if (Arguments* set = slot.exchange(nullptr, std::memory_order_acquire))
        return std::unique_ptr<Arguments>(set);
    }
    return std::make_unique<Arguments>(steps_);
  }

  void give_back(std::unique_ptr<Arguments> set) const {
    for (auto& slot : pool_) {
      Arguments* expected = nullptr;
      if (slot.compare_exchange_strong(expected, set.get(), std::memory_order_release,
                                       std::memory_order_relaxed)) {
        set.release();
        return;
      }
    }
  }

  std::vector<PlanStep> steps_;
  size_t workspace_ = 0;
  mutable std::array<std::atomic<Arguments*>, 4> pool_{};
};

/// Plans by the bytes of what they were made for. Bounded: the oldest goes first; kernels keep theirs alive.
class Cache {
 public:
  template <class Make>
  std::shared_ptr<const Plan> get(const std::string& key, Make make) {
    {
      const std::lock_guard lock(mutex_);
      if (const auto found = plans_.find(key); found != plans_.end()) return found->second;
    }
    std::shared_ptr<const Plan> plan = make();
    const std::lock_guard lock(mutex_);
    const auto [entry, added] = plans_.emplace(key, plan);
    if (!added) return entry->second;
    ++made_;
    order_.push_back(key);
    if (order_.size() > kLimit) {
      plans_.erase(order_.front());
      order_.pop_front();
    }
    return plan;
  }

  CacheStatistics statistics() {
    const std::lock_guard lock(mutex_);
    return {plans_.size(), made_};
  }

 private:
  static constexpr size_t kLimit = 1024;
  std::mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<const Plan>> plans_;
  std::deque<std::string> order_;
  int64_t made_ = 0;
};

Cache& cache() {
  static auto* const plans = new Cache;
  return *plans;
}

/// Field by field, since padding bytes of a struct are not part of its value. The number of threads belongs
/// to it: primitives divide their work when they are made.
std::string key_of(char kind, const Conv& c) {
  const int64_t numbers[] = {
      c.batch,           c.height,         c.width,      c.channels,  c.filters,       c.kernel_height,
      c.kernel_width,    c.groups,         c.out_height, c.out_width, c.stride_height, c.stride_width,
      c.dilation_height, c.dilation_width, c.top,        c.left,      c.bottom,        c.right,
      c.image_block,     c.out_block,      c.bias,       c.relu,      num_threads()};
  std::string key(1 + sizeof(numbers), kind);
  std::memcpy(key.data() + 1, numbers, sizeof(numbers));
  return key;
}

struct Descs {
  Dims strides, dilations, before, after;
  memory::desc image, out, bias;
  memory::desc kernel;      // as the caller has it
  memory::desc any_kernel;  // as the library likes it
  dnnl::primitive_attr attr;
};

memory::desc image_desc(const Dims& dims, int block) {
  using Tag = memory::format_tag;
  const Tag tag = block == 8 ? Tag::nChw8c : block == 16 ? Tag::nChw16c : Tag::nhwc;
  return {dims, memory::data_type::f32, tag};
}

Descs describe(const Conv& c) {
  constexpr auto f32 = memory::data_type::f32;
  Descs d;
  d.strides = {c.stride_height, c.stride_width};
  d.dilations = {c.dilation_height - 1, c.dilation_width - 1};
  d.before = {c.top, c.left};
  d.after = {c.bottom, c.right};
  d.image = image_desc({c.batch, c.channels, c.height, c.width}, c.image_block);
  d.out = image_desc({c.batch, c.filters, c.out_height, c.out_width}, c.out_block);
  if (c.bias) d.bias = memory::desc({c.filters}, f32, memory::format_tag::a);
  const int64_t inputs = c.channels / c.groups;
  const int64_t outputs = c.filters / c.groups;
  const int64_t column = inputs * c.filters;
  Dims dims{outputs, inputs, c.kernel_height, c.kernel_width};
  Dims steps{1, c.filters, c.kernel_width * column, column};
  if (c.groups > 1) {
    dims.insert(dims.begin(), c.groups);
    steps.insert(steps.begin(), outputs);
  }
  d.kernel = memory::desc(dims, f32, steps);
  d.any_kernel = memory::desc(dims, f32, memory::format_tag::any);
  d.attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return d;
}

constexpr auto kDirect = dnnl::algorithm::convolution_direct;

dnnl::convolution_forward::primitive_desc forward_desc(const Conv& c, const Descs& d,
                                                       const memory::desc& image, const memory::desc& out) {
  dnnl::primitive_attr attr = d.attr;
  if (c.relu) {
    dnnl::post_ops after;
    after.append_eltwise(1.0f, dnnl::algorithm::eltwise_relu, 0.0f, 0.0f);
    attr.set_post_ops(after);
  }
  const auto kind = dnnl::prop_kind::forward_training;
  using Desc = dnnl::convolution_forward::desc;
  const Desc desc =
      c.bias
          ? Desc(kind, kDirect, image, d.any_kernel, d.bias, out, d.strides, d.dilations, d.before, d.after)
          : Desc(kind, kDirect, image, d.any_kernel, out, d.strides, d.dilations, d.before, d.after);
  return {desc, attr, engine()};
}

/// What the backward descriptors take as a hint: the forward pass without post-ops.
dnnl::convolution_forward::primitive_desc hint(Conv c, const Descs& d, const memory::desc& image,
                                               const memory::desc& out) {
  c.relu = false;
  return forward_desc(c, d, image, out);
}

bool plain_reference(const dnnl::primitive_desc_base& desc) {
  return std::string_view(desc.impl_info_str()).substr(0, 3) == "ref";
}

/// Binds the kernel as the primitive wants it: the caller's memory, or a place in the workspace.
Binding bind_kernel(Sequence& plan, int argument, const Descs& d, const memory::desc& wanted,
                    Binding::Place place, size_t index) {
  if (wanted == d.kernel) return {argument, d.kernel, place, index};
  return {argument, wanted, Binding::Place::kWorkspace, plan.reserve(wanted.get_size())};
}

void add_reorder(Sequence& plan, const Binding& from, const Binding& to) {
  dnnl::primitive_attr attr;
  attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  const dnnl::reorder::primitive_desc desc(engine(), from.desc, engine(), to.desc, attr);
  plan.add(dnnl::reorder(desc),
           {{DNNL_ARG_FROM, from.desc, from.place, from.index}, {DNNL_ARG_TO, to.desc, to.place, to.index}},
           desc.scratchpad_desc());
}

using Place = Binding::Place;

std::shared_ptr<const Plan> make_forward(const Conv& c) {
  const Descs d = describe(c);
  const auto desc = forward_desc(c, d, d.image, d.out);
  if (plain_reference(desc)) return nullptr;
  auto plan = std::make_shared<Sequence>();
  const Binding kernel = bind_kernel(*plan, DNNL_ARG_WEIGHTS, d, desc.weights_desc(), Place::kInput, 1);
  if (kernel.place == Place::kWorkspace) add_reorder(*plan, {0, d.kernel, Place::kInput, 1}, kernel);
  std::vector<Binding> bindings = {
      {DNNL_ARG_SRC, d.image, Place::kInput, 0}, kernel, {DNNL_ARG_DST, d.out, Place::kOutput, 0}};
  if (c.bias) bindings.push_back({DNNL_ARG_BIAS, d.bias, Place::kInput, 2});
  plan->add(dnnl::convolution_forward(desc), std::move(bindings), desc.scratchpad_desc());
  return plan;
}

std::shared_ptr<const Plan> make_grad_input(const Conv& c) {
  const Descs d = describe(c);
  const dnnl::convolution_backward_data::primitive_desc desc(
      {kDirect, d.image, d.any_kernel, d.out, d.strides, d.dilations, d.before, d.after}, d.attr, engine(),
      hint(c, d, d.image, d.out));
  if (plain_reference(desc)) return nullptr;
  auto plan = std::make_shared<Sequence>();
  const Binding kernel = bind_kernel(*plan, DNNL_ARG_WEIGHTS, d, desc.weights_desc(), Place::kInput, 1);
  if (kernel.place == Place::kWorkspace) add_reorder(*plan, {0, d.kernel, Place::kInput, 1}, kernel);
  plan->add(
      dnnl::convolution_backward_data(desc),
      {{DNNL_ARG_DIFF_DST, d.out, Place::kInput, 0}, kernel, {DNNL_ARG_DIFF_SRC, d.image, Place::kOutput, 0}},
      desc.scratchpad_desc());
  return plan;
}

dnnl::convolution_backward_weights::primitive_desc grad_kernel_desc(const Conv& c, const Descs& d,
                                                                    const memory::desc& image,
                                                                    const memory::desc& out) {
  using Desc = dnnl::convolution_backward_weights::desc;
  const Desc desc =
      c.bias ? Desc(kDirect, image, d.any_kernel, d.bias, out, d.strides, d.dilations, d.before, d.after)
             : Desc(kDirect, image, d.any_kernel, out, d.strides, d.dilations, d.before, d.after);
  return {desc, d.attr, engine(), hint(c, d, image, out)};
}

std::shared_ptr<const Plan> make_grad_kernel(const Conv& c) {
  const Descs d = describe(c);
  const auto desc = grad_kernel_desc(c, d, d.image, d.out);
  if (plain_reference(desc)) return nullptr;
  auto plan = std::make_shared<Sequence>();
  const Binding kernel =
      bind_kernel(*plan, DNNL_ARG_DIFF_WEIGHTS, d, desc.diff_weights_desc(), Place::kOutput, 0);
  std::vector<Binding> bindings = {
      {DNNL_ARG_SRC, d.image, Place::kInput, 0}, {DNNL_ARG_DIFF_DST, d.out, Place::kInput, 1}, kernel};
  if (c.bias) bindings.push_back({DNNL_ARG_DIFF_BIAS, d.bias, Place::kOutput, 1});
  plan->add(dnnl::convolution_backward_weights(desc), std::move(bindings), desc.scratchpad_desc());
  if (kernel.place == Place::kWorkspace) add_reorder(*plan, kernel, {0, d.kernel, Place::kOutput, 0});
  return plan;
}

/// Null where the library refuses the case outright.
template <class Make>
std::shared_ptr<const Plan> attempt(char kind, const Conv& conv, Make make) {
  return cache().get(key_of(kind, conv), [&]() -> std::shared_ptr<const Plan> {
    try {
      return make(conv);
    } catch (const dnnl::error&) {
      return nullptr;
    }
  });
}

/// 8 or 16 for nChw8c or nChw16c, 0 for anything else.
int block_of(const memory::desc& desc) {
  const auto& blocking = desc.data.format_desc.blocking;
  if (desc.data.format_kind != dnnl_blocked || blocking.inner_nblks != 1 || blocking.inner_idxs[0] != 1)
    return 0;
  return static_cast<int>(blocking.inner_blks[0]);
}

}  // namespace

std::shared_ptr<const Plan> conv_forward(const Conv& conv) { return attempt('f', conv, make_forward); }
std::shared_ptr<const Plan> conv_grad_input(const Conv& conv) { return attempt('i', conv, make_grad_input); }
std::shared_ptr<const Plan> conv_grad_kernel(const Conv& conv) {
  return attempt('k', conv, make_grad_kernel);
}

std::optional<int> preferred_block(const Conv& conv) {
  try {
    const Descs d = describe(conv);
    const auto any = [](int64_t batch, int64_t channels, int64_t height, int64_t width) {
      return memory::desc({batch, channels, height, width}, memory::data_type::f32, memory::format_tag::any);
    };
    const auto desc = forward_desc(conv, d, any(conv.batch, conv.channels, conv.height, conv.width),
                                   any(conv.batch, conv.filters, conv.out_height, conv.out_width));
    const int image = block_of(desc.src_desc());
    const int out = block_of(desc.dst_desc());
    if (plain_reference(desc) || image == 0 || image != out) return std::nullopt;
    if (conv.channels % image != 0 || conv.filters % out != 0) return std::nullopt;
    return image;
  } catch (const dnnl::error&) {
    return std::nullopt;
  }
}

void sgemm(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, const float* a, int64_t lda,
           const float* b, int64_t ldb, float* c, int64_t ldc) {
  check(dnnl_sgemm(transpose_a ? 'T' : 'N', transpose_b ? 'T' : 'N', m, n, k, 1.0f, a, lda, b, ldb, 0.0f, c,
                   ldc),
        "multiplying matrices");
}

CacheStatistics cache_statistics() { return cache().statistics(); }

const char* version() {
  static const std::string text = [] {
    const dnnl_version_t* v = dnnl_version();
    return std::to_string(v->major) + "." + std::to_string(v->minor) + "." + std::to_string(v->patch);
  }();
  return text.c_str();
}

}  // namespace lamina::onednn
