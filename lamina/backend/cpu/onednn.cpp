// Plans of convolutions: descriptors, how the images are shared out, and the cache.
#include <algorithm>
#include <cstring>
#include <deque>
#include <dnnl.hpp>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lamina/backend/cpu/detail/one_thread.h"
#include "lamina/backend/cpu/detail/onednn.h"
#include "lamina/backend/cpu/detail/onednn_sequence.h"
#include "lamina/base/threads.h"

namespace lamina::onednn {
namespace {

using dnnl::memory;
using Dims = memory::dims;

/// Plans by the bytes of what they were made for. Bounded by what they hold: the oldest goes first; kernels
/// keep theirs alive.
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
    for (held_ += bytes_of(plan, key); held_ > kLimit && order_.size() > 1; order_.pop_front()) {
      const auto oldest = plans_.find(order_.front());
      held_ -= bytes_of(oldest->second, oldest->first);
      plans_.erase(oldest);
    }
    return plan;
  }

  CacheStatistics statistics() {
    const std::lock_guard lock(mutex_);
    return {plans_.size(), made_};
  }

 private:
  static size_t bytes_of(const std::shared_ptr<const Plan>& plan, const std::string& key) {
    return 2 * key.size() + (plan ? plan->bytes() : 0);
  }

  static constexpr size_t kLimit = size_t{32} << 20;
  size_t held_ = 0;
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
/// to it: plans are cut into parts when they are made.
std::string key_of(char kind, const Conv& c) {
  const int64_t numbers[] = {
      c.batch,           c.height,         c.width,      c.channels,  c.filters,       c.kernel_height,
      c.kernel_width,    c.groups,         c.out_height, c.out_width, c.stride_height, c.stride_width,
      c.dilation_height, c.dilation_width, c.top,        c.left,      c.bottom,        c.right,
      c.image_block,     c.out_block,      c.bias,       c.relu,      c.packed_kernel, num_threads()};
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
  const auto kind = dnnl::prop_kind::forward_training;
  using Desc = dnnl::convolution_forward::desc;
  const Desc desc =
      c.bias
          ? Desc(kind, kDirect, image, d.any_kernel, d.bias, out, d.strides, d.dilations, d.before, d.after)
          : Desc(kind, kDirect, image, d.any_kernel, out, d.strides, d.dilations, d.before, d.after);
  return {desc, d.attr, engine()};
}

bool plain_reference(const dnnl::primitive_desc_base& desc) {
  return std::string_view(desc.impl_info_str()).substr(0, 3) == "ref";
}

using Place = Binding::Place;
using Work = Sequence::Work;

/// Images in parts that threads share: all of `each` images but the last, which may have fewer.
struct Parts {
  int64_t count = 1;
  int64_t each;
  int64_t last;
};

/// Multiplications that are worth a thread's attention.
constexpr int64_t kPartWork = 500'000;

Parts parts_of(const Conv& c, int64_t most) {
  const int64_t work = c.batch * c.out_height * c.out_width * c.filters * c.kernel_height * c.kernel_width *
                       (c.channels / c.groups);
  const int64_t count = std::max<int64_t>(1, std::min({most, c.batch, work / kPartWork}));
  const int64_t each = (c.batch + count - 1) / count;
  const int64_t needed = (c.batch + each - 1) / each;
  return {needed, each, c.batch - (needed - 1) * each};
}

Conv with_batch(Conv c, int64_t batch) {
  c.batch = batch;
  return c;
}

/// An image argument whose parts lie one after another.
Binding images(int argument, const memory::desc& desc, Place place, size_t index) {
  return {argument, desc, place, index, desc.get_size()};
}

/// Binds the kernel as the primitive wants it: the caller's memory, or a place in the workspace.
Binding bind_kernel(Sequence& plan, int argument, const Descs& d, const memory::desc& wanted, Place place,
                    size_t index) {
  if (wanted == d.kernel) return {argument, d.kernel, place, index};
  return {argument, wanted, Place::kWorkspace, plan.reserve(wanted.get_size())};
}

void add_reorder(Sequence& plan, const Binding& from, const Binding& to) {
  dnnl::primitive_attr attr;
  attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  const dnnl::reorder::primitive_desc desc(engine(), from.desc, engine(), to.desc, attr);
  plan.add({dnnl::reorder(desc),
            {{DNNL_ARG_FROM, from.desc, from.place, from.index}, {DNNL_ARG_TO, to.desc, to.place, to.index}},
            desc.scratchpad_desc()});
}

/// A plan whose primitive reads images and the kernel, and writes images: `describe_pass` makes its
/// descriptor for some of the images, `work` its arguments.
template <class DescribePass, class MakeWork>
std::shared_ptr<const Plan> by_images(const Conv& c, Parts parts, DescribePass describe_pass,
                                      MakeWork make_work) {
  Descs d = describe(with_batch(c, parts.each));
  const auto each = describe_pass(with_batch(c, parts.each), d);
  if (plain_reference(each)) return nullptr;
  auto plan = std::make_shared<Sequence>();
  const Binding kernel = c.packed_kernel
                             ? Binding{DNNL_ARG_WEIGHTS, each.weights_desc(), Place::kInput, 1}
                             : bind_kernel(*plan, DNNL_ARG_WEIGHTS, d, each.weights_desc(), Place::kInput, 1);
  if (kernel.place == Place::kWorkspace) add_reorder(*plan, {0, d.kernel, Place::kInput, 1}, kernel);
  std::optional<Work> last;
  if (parts.last != parts.each) {
    Descs of_last = describe(with_batch(c, parts.last));
    of_last.any_kernel = kernel.desc;  // all parts read one kernel
    const auto desc = describe_pass(with_batch(c, parts.last), of_last);
    last = make_work(desc, of_last, kernel);
    // Where the others end is where the last one begins.
    for (Binding& binding : last->bindings) {
      if (binding.step > 0)
        binding.step = binding.step / static_cast<size_t>(parts.last) * static_cast<size_t>(parts.each);
    }
  }
  plan->add(make_work(each, d, kernel), parts.count, std::move(last));
  return plan;
}

/// How the forward pass is shared out. Where relu follows, parts are so small that their results are still in
/// the second cache when it comes to them, unless that took much memory for the parts' own.
Parts forward_parts(const Conv& c) {
  constexpr int64_t kCached = 1 << 20;
  const Parts few = parts_of(c, 2 * num_threads());
  const int64_t bytes =
      c.batch * c.filters * c.out_height * c.out_width * static_cast<int64_t>(sizeof(float));
  if (!c.relu || bytes / few.count <= kCached) return few;
  const Parts many = parts_of(c, bytes / kCached);
  const Conv each = with_batch(c, many.each);
  const Descs d = describe(each);
  const auto scratchpad = forward_desc(each, d, d.image, d.out).scratchpad_desc().get_size();
  return static_cast<int64_t>(scratchpad) * many.count > kCached ? few : many;
}

constexpr int kFilterAxis = 3;  // of kernels as they lie here

/// A dense order of (filters, channels, height, width), blocks and all; nothing for padded or other ones.
std::optional<KernelOrder> order_of(const memory::desc& desc) {
  const dnnl_memory_desc_t& d = desc.data;
  if (d.format_kind != dnnl_blocked || d.ndims != 4 || d.extra.flags != dnnl_memory_extra_flag_none)
    return std::nullopt;
  constexpr int kOurs[] = {kFilterAxis, 2, 0, 1};
  const dnnl_blocking_desc_t& blocking = d.format_desc.blocking;
  int64_t outer[4], stride = 1;
  for (int i = 0; i < 4; ++i) {
    if (d.padded_dims[i] != d.dims[i]) return std::nullopt;
    outer[i] = d.dims[i];
  }
  KernelOrder result;
  for (int i = 0; i < blocking.inner_nblks; ++i) {
    const auto axis = static_cast<size_t>(blocking.inner_idxs[i]);
    outer[axis] /= blocking.inner_blks[i];
    stride *= blocking.inner_blks[i];
    result.blocks.emplace_back(kOurs[axis], static_cast<int>(blocking.inner_blks[i]));
  }
  std::vector<int> axes{0, 1, 2, 3};
  std::stable_sort(axes.begin(), axes.end(),
                   [&](int a, int b) { return blocking.strides[a] > blocking.strides[b]; });
  // Axes of one element may stand anywhere: from the inside out, strides say whether the rest is dense.
  for (auto axis = axes.rbegin(); axis != axes.rend(); ++axis) {
    if (outer[*axis] > 1 && blocking.strides[*axis] != stride) return std::nullopt;
    stride *= outer[*axis];
  }
  for (int axis : axes) result.order.push_back(kOurs[axis]);
  return result;
}

/// How many parts the filters of one image make: equal ones, of whole blocks. Not by threads but by
/// processors: in which order the library adds may follow from how many filters it is given.
int64_t filter_parts(const Conv& c) {
  const int64_t work = c.out_height * c.out_width * c.filters * c.kernel_height * c.kernel_width * c.channels;
  int64_t count = processors() > 1 ? std::min<int64_t>(2 * processors(), work / kPartWork) : 1;
  while (count > 1 && c.filters % (count * c.out_block) != 0) --count;
  return count;
}

/// One image has no images to share out, but filters, where their results lie one after another in blocks,
/// and so do their shares of the kernel. Null where it is otherwise.
std::shared_ptr<const Plan> by_filters(const Conv& c) {
  if (c.batch != 1 || c.out_block == 0 || c.groups != 1) return nullptr;
  const int64_t parts = filter_parts(c);
  if (parts < 2) return nullptr;
  Conv some = c;
  some.filters = c.filters / parts;
  const Descs whole = describe(c), d = describe(some);
  const memory::desc wanted = forward_desc(c, whole, whole.image, whole.out).weights_desc();
  const auto each = forward_desc(some, d, d.image, d.out);
  const auto order = order_of(wanted);
  if (plain_reference(each) || !order || order->order[0] != kFilterAxis ||
      order_of(each.weights_desc()) != order)
    return nullptr;
  auto plan = std::make_shared<Sequence>();
  Binding kernel{DNNL_ARG_WEIGHTS, wanted, Place::kInput, 1};
  if (!c.packed_kernel) {
    kernel = bind_kernel(*plan, DNNL_ARG_WEIGHTS, whole, wanted, Place::kInput, 1);
    add_reorder(*plan, {0, whole.kernel, Place::kInput, 1}, kernel);
  }
  kernel.desc = each.weights_desc();
  kernel.step = kernel.desc.get_size();
  Work work{
      dnnl::convolution_forward(each),
      {{DNNL_ARG_SRC, d.image, Place::kInput, 0}, kernel, images(DNNL_ARG_DST, d.out, Place::kOutput, 0)},
      each.scratchpad_desc(),
      c.relu};
  if (c.bias) work.bindings.push_back({DNNL_ARG_BIAS, d.bias, Place::kInput, 2, d.bias.get_size()});
  plan->add(std::move(work), parts);
  return plan;
}

std::shared_ptr<const Plan> make_forward(const Conv& c, bool share) {
  if (share) {
    if (auto plan = by_filters(c)) return plan;
  }
  return by_images(
      c, share ? forward_parts(c) : parts_of(c, 1),
      [](const Conv& some, const Descs& d) { return forward_desc(some, d, d.image, d.out); },
      [&](const auto& desc, const Descs& d, const Binding& kernel) {
        Work work{dnnl::convolution_forward(desc),
                  {images(DNNL_ARG_SRC, d.image, Place::kInput, 0), kernel,
                   images(DNNL_ARG_DST, d.out, Place::kOutput, 0)},
                  desc.scratchpad_desc(),
                  c.relu};
        if (c.bias) work.bindings.push_back({DNNL_ARG_BIAS, d.bias, Place::kInput, 2});
        return work;
      });
}

std::shared_ptr<const Plan> make_grad_input(const Conv& c, bool share) {
  return by_images(
      c, parts_of(c, share ? 2 * num_threads() : 1),
      [](const Conv& some, const Descs& d) {
        return dnnl::convolution_backward_data::primitive_desc(
            {kDirect, d.image, d.any_kernel, d.out, d.strides, d.dilations, d.before, d.after}, d.attr,
            engine(), forward_desc(some, d, d.image, d.out));
      },
      [](const auto& desc, const Descs& d, const Binding& kernel) {
        return Work{dnnl::convolution_backward_data(desc),
                    {images(DNNL_ARG_DIFF_DST, d.out, Place::kInput, 0), kernel,
                     images(DNNL_ARG_DIFF_SRC, d.image, Place::kOutput, 0)},
                    desc.scratchpad_desc()};
      });
}

dnnl::convolution_backward_weights::primitive_desc grad_kernel_desc(const Conv& c, const Descs& d,
                                                                    const memory::desc& image,
                                                                    const memory::desc& out) {
  using Desc = dnnl::convolution_backward_weights::desc;
  const Desc desc =
      c.bias ? Desc(kDirect, image, d.any_kernel, d.bias, out, d.strides, d.dilations, d.before, d.after)
             : Desc(kDirect, image, d.any_kernel, out, d.strides, d.dilations, d.before, d.after);
  return {desc, d.attr, engine(), forward_desc(c, d, image, out)};
}

/// The gradients of the kernel that are summed up at the end: of so many bytes at most together, and a number
/// that does not depend on the threads, so that neither do the bits.
constexpr int64_t kMostSums = 8;
constexpr int64_t kMostSumBytes = 16 << 20;

std::shared_ptr<const Plan> make_grad_kernel(const Conv& c, bool share) {
  const Descs d = describe(c);
  const auto whole = grad_kernel_desc(c, d, d.image, d.out);
  if (plain_reference(whole)) return nullptr;
  const auto bytes = static_cast<int64_t>(whole.diff_weights_desc().get_size());
  const Parts parts = parts_of(c, share ? std::clamp(kMostSumBytes / bytes, int64_t{1}, kMostSums) : 1);
  const Descs of_each = describe(with_batch(c, parts.each));
  const auto each = grad_kernel_desc(with_batch(c, parts.each), of_each, of_each.image, of_each.out);
  const memory::desc wanted = each.diff_weights_desc();

  auto plan = std::make_shared<Sequence>();
  const Binding total = bind_kernel(*plan, DNNL_ARG_DIFF_WEIGHTS, d, wanted, Place::kOutput, 0);
  const Binding total_bias{DNNL_ARG_DIFF_BIAS, d.bias, Place::kOutput, 1};
  Binding kernel = total;
  Binding bias = total_bias;
  const auto per_part = [&](Binding& binding) {
    binding.place = Place::kWorkspace;
    binding.step = (binding.desc.get_size() + 63) / 64 * 64;
    binding.index = plan->reserve(binding.step * static_cast<size_t>(parts.count));
  };
  if (parts.count > 1) {
    per_part(kernel);
    if (c.bias) per_part(bias);
  }
  const auto make_work = [&](const auto& desc, const Descs& some) {
    Work work{dnnl::convolution_backward_weights(desc),
              {images(DNNL_ARG_SRC, some.image, Place::kInput, 0),
               images(DNNL_ARG_DIFF_DST, some.out, Place::kInput, 1), kernel},
              desc.scratchpad_desc()};
    if (c.bias) work.bindings.push_back(bias);
    return work;
  };
  std::optional<Work> last;
  if (parts.last != parts.each) {
    Descs of_last = describe(with_batch(c, parts.last));
    of_last.any_kernel = wanted;
    last =
        make_work(grad_kernel_desc(with_batch(c, parts.last), of_last, of_last.image, of_last.out), of_last);
    for (size_t i : {0, 1}) last->bindings[i].step = (i == 0 ? of_each.image : of_each.out).get_size();
  }
  plan->add(make_work(each, of_each), parts.count, std::move(last));
  if (parts.count > 1) {
    plan->add_sum(kernel, total, static_cast<int64_t>(wanted.get_size() / sizeof(float)), parts.count);
    if (c.bias) plan->add_sum(bias, total_bias, c.filters, parts.count);
  }
  if (total.place == Place::kWorkspace) add_reorder(*plan, total, {0, d.kernel, Place::kOutput, 0});
  return plan;
}

/// Null where the library refuses the case outright. Where it only refuses the last, smaller part with the
/// kernel in the order of the others, one thread does everything.
template <class Make>
std::shared_ptr<const Plan> attempt(char kind, const Conv& conv, Make make) {
  return cache().get(key_of(kind, conv), [&]() -> std::shared_ptr<const Plan> {
    const lamina::detail::OneThread serial;
    for (const bool share : {true, false}) {
      try {
        return make(conv, share);
      } catch (const dnnl::error&) {
        continue;
      }
    }
    return nullptr;
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

std::optional<KernelOrder> kernel_order(const Conv& conv) {
  if (conv.groups != 1) return std::nullopt;
  const lamina::detail::OneThread serial;
  try {
    const Conv each = with_batch(conv, forward_parts(conv).each);
    const Descs d = describe(each);
    const auto desc = forward_desc(each, d, d.image, d.out);
    if (plain_reference(desc) || desc.weights_desc() == d.kernel) return std::nullopt;
    return order_of(desc.weights_desc());
  } catch (const dnnl::error&) {
    return std::nullopt;
  }
}

std::shared_ptr<const Plan> conv_forward(const Conv& conv) { return attempt('f', conv, make_forward); }
std::shared_ptr<const Plan> conv_grad_input(const Conv& conv) { return attempt('i', conv, make_grad_input); }
std::shared_ptr<const Plan> conv_grad_kernel(const Conv& conv) {
  return attempt('k', conv, make_grad_kernel);
}

std::optional<int> preferred_block(const Conv& conv) {
  const lamina::detail::OneThread serial;
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

CacheStatistics cache_statistics() { return cache().statistics(); }

const char* version() {
  static const std::string text = [] {
    const dnnl_version_t* v = dnnl_version();
    return std::to_string(v->major) + "." + std::to_string(v->minor) + "." + std::to_string(v->patch);
  }();
  return text.c_str();
}

}  // namespace lamina::onednn
