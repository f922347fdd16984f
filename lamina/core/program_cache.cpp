// Tracing a function into a program, and finding that program again.
#include "lamina/core/program_cache.h"

#include <algorithm>
#include <chrono>
#include <numeric>

#include "lamina/base/detail/lent_vector.h"
#include "lamina/base/error.h"
#include "lamina/base/system.h"
#include "lamina/base/threads.h"
#include "lamina/core/graph_bytes.h"
#include "lamina/core/lower.h"
#include "lamina/core/tensor_node.h"
#include "lamina/core/trace.h"

namespace lamina::detail {

Signature::Signature(const std::string& function, Borrowed arguments)
    : device(current_device()), threads(num_threads()) {
  for (const Tensor* tensor : arguments) {
    types.push_back(tensor->type());
    if (types.size() > 1 && tensor->device() != device) {
      throw InvalidArgument(function + ": arguments are on different devices, " + device.str() + " and " +
                            tensor->device().str() + "; copy them to one with Tensor::to");
    }
    device = tensor->device();
  }
}

bool Signature::matches(Borrowed arguments) const {
  if (types.size() != arguments.size() || threads != num_threads()) return false;
  if (types.empty()) return device == current_device();
  // From the back: programs of one function differ in the batch, which comes last, and not in the state.
  for (size_t i = types.size(); i-- > 0;) {
    const Tensor& tensor = *arguments[i];
    if (!tensor.defined() || !(tensor.type() == types[i]) || !(tensor.device() == device)) return false;
  }
  return true;
}

namespace {

// Programs live long and are made of small pieces, which end up between the large tensors of the runs: now
// and then the C library must be told to let go of the space between them.
constexpr int kTidyEvery = 32;
std::atomic<int> programs_made{0};

size_t count_superseded(const std::vector<Tensor>& captured) {
  return static_cast<size_t>(std::count_if(captured.begin(), captured.end(), [](const Tensor& tensor) {
    return tensor.node()->superseded.load(std::memory_order_relaxed);
  }));
}

}  // namespace

bool Compiled::stale() const { return count_superseded(captured) != superseded; }

size_t Compiled::bytes() const {
  size_t total = sizeof(Compiled) + program->bytes() + graph_bytes(*traced.graph) + graph_bytes(graph);
  for (const Tensor& tensor : captured) {
    const bool alone = tensor.node().use_count() == 1 && tensor.node()->buffer.use_count() == 1;
    total += sizeof(TensorNode) + (alone ? tensor.type().bytes() : 0);
  }
  return total;
}

ProgramCache::ProgramCache(TensorFunction f, size_t num_state, std::string name,
                           std::shared_ptr<MemoryPool> memory, size_t num_steady)
    : f_(std::move(f)),
      num_state_(num_state),
      num_steady_(num_steady),
      name_(std::move(name)),
      memory_(memory ? std::move(memory) : std::make_shared<MemoryPool>()) {}

// Written only where it says something new: in the steady state all threads just read it.
void ProgramCache::mark(const Compiled& program) {
  const uint64_t now = clock_.load(std::memory_order_relaxed);
  if (program.used.load(std::memory_order_relaxed) != now) program.used.store(now, std::memory_order_relaxed);
}

std::shared_ptr<const Compiled> ProgramCache::find(Borrowed arguments) {
  const std::shared_lock lock(mutex_);
  for (const auto& program : programs_) {
    if (program->signature.matches(arguments) && !program->stale()) return program;
  }
  return nullptr;
}

ProgramCache::Lease ProgramCache::get(Borrowed arguments) {
  std::shared_ptr<const Compiled> program = recent_.take();
  if (!program || !program->signature.matches(arguments) || program->stale()) program = look_up(arguments);
  if (program) mark(*program);
  return {*this, std::move(program)};
}

std::shared_ptr<const Compiled> ProgramCache::look_up(Borrowed arguments) {
  ++clock_;
  if (auto found = find(arguments)) return found;
  const std::lock_guard one_at_a_time(building_);
  if (auto found = find(arguments)) return found;  // another thread was faster
  std::shared_ptr<const Compiled> made = build(arguments);
  if (!made) return nullptr;
  mark(*made);
  const std::lock_guard lock(mutex_);
  ++built_;
  if (programs_made.fetch_add(1) % kTidyEvery == kTidyEvery - 1) return_free_memory();
  newest_ = made;
  std::erase_if(programs_, [](const auto& old) { return old->stale(); });
  programs_.push_back(made);
  drop_unused();
  return made;
}

void ProgramCache::drop_unused() {
  std::vector<size_t> sizes;
  size_t total = 0;
  for (const auto& program : programs_) total += sizes.emplace_back(program->bytes());
  while (total > kBytes && programs_.size() > 1) {
    const auto oldest = std::min_element(programs_.begin(), programs_.end() - 1,
                                         [](const auto& a, const auto& b) { return a->used < b->used; });
    const auto place = sizes.begin() + (oldest - programs_.begin());
    total -= *place;
    sizes.erase(place);
    programs_.erase(oldest);
  }
}

size_t ProgramCache::bytes() const {
  const std::shared_lock lock(mutex_);
  size_t total = 0;
  for (const auto& program : programs_) total += program->bytes();
  return total;
}

std::shared_ptr<const Compiled> ProgramCache::newest() const {
  const std::shared_lock lock(mutex_);
  return newest_;
}

std::shared_ptr<const Compiled> ProgramCache::build(Borrowed given) const {
  const auto start = std::chrono::steady_clock::now();
  Signature signature(name_, given);
  const Device device = signature.device;
  const DeviceScope scope(device);

  std::vector<Tensor> arguments;
  for (const TensorType& type : signature.types) arguments.push_back(placeholder(type, device));
  const uint64_t since = next_serial();
  std::vector<std::string> names;
  const std::vector<Tensor> results = [&] {
    const TracedFunction tracing;
    std::vector<Tensor> made = f_(arguments);
    names = tracing.names(arguments);
    return made;
  }();
  if (results.size() < num_state_) {
    throw InvalidArgument(name_ + ": returned " + std::to_string(results.size()) +
                          " tensors, fewer than its state of " + std::to_string(num_state_));
  }
  Trace traced = trace(results, arguments, Older::kComputed, since);
  if (traced.watched || traced.foreign) return nullptr;
  for (size_t i = 0; i < names.size(); ++i)
    traced.graph.values[static_cast<size_t>(traced.graph.inputs[i])].name = std::move(names[i]);
  for (size_t i = 0; i < results.size(); ++i) {
    if (i >= num_state_) {
      traced.graph.outputs.push_back(traced.results[i]);
      continue;
    }
    if (results[i].type() != arguments[i].type()) {
      throw InvalidArgument(name_ + ": state " + std::to_string(i) + " is " + arguments[i].type().str() +
                            " but its new value is " + results[i].type().str());
    }
    traced.graph.updates.push_back({static_cast<int>(i), traced.results[i]});
  }
  std::vector<size_t> steady(std::min(num_steady_, arguments.size() - num_state_));
  std::iota(steady.begin(), steady.end(), num_state_);
  // What it captured stays as it is: a program whose captured state changes is made anew.
  for (size_t i = 0; i < traced.captured.size(); ++i)
    steady.push_back(arguments.size() + i);
  Graph graph = lower(traced.graph, device, steady);
  Preparation preparation(take_out_steady(graph, steady));
  auto program = std::make_unique<Program>(graph, device, memory_);
  const std::chrono::duration<double, std::milli> elapsed = std::chrono::steady_clock::now() - start;
  const size_t superseded = count_superseded(traced.captured);
  return std::shared_ptr<const Compiled>(
      new Compiled{std::move(signature),
                   {std::make_shared<const Graph>(std::move(traced.graph))},
                   std::move(graph),
                   std::move(traced.captured),
                   std::move(preparation),
                   std::move(program),
                   elapsed.count(),
                   superseded});
}

void ProgramCache::run(const Compiled& compiled, Borrowed arguments, std::span<const Tensor> outputs) {
  // Computing a pending argument may call a compiled function in its turn, while this is filled.
  LentVector<void*, ProgramCache> addresses;
  for (const Tensor* tensor : arguments) addresses->push_back(tensor->buffer()->address());
  for (const Tensor& tensor : compiled.captured) addresses->push_back(tensor.buffer()->address());
  std::shared_ptr<const ReadySteady> ready;
  if (!compiled.preparation.empty()) {
    LentVector<const Tensor*, ProgramCache> all;
    all->assign(arguments.begin(), arguments.end());
    for (const Tensor& tensor : compiled.captured) all->push_back(&tensor);
    ready = prepared_.get(compiled.preparation, *all);
    for (const auto& buffer : ready->buffers) addresses->push_back(buffer->address());
  }
  for (const Tensor& tensor : outputs) addresses->push_back(tensor.buffer()->address());
  const std::span<void* const> all(*addresses);
  const size_t inputs = all.size() - outputs.size();
  compiled.program->run(all.first(inputs), all.subspan(inputs));
}

bool part_of_a_trace(Borrowed tensors) {
  return std::any_of(tensors.begin(), tensors.end(), [](const Tensor* tensor) {
    return tensor->defined() && (detail::watched(*tensor->node()) || tensor->node()->open);
  });
}

}  // namespace lamina::detail
