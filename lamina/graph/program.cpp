// Choosing kernels, laying out the arena, and running.
#include "lamina/graph/program.h"

#include <mutex>

#include "lamina/base/detail/flush_denormals.h"
#include "lamina/graph/execution.h"
#include "lamina/graph/memory_plan.h"
#include "lamina/graph/number_watch.h"
#include "lamina/graph/profile.h"
#include "lamina/graph/storage.h"

namespace lamina {

using detail::Copy;
using detail::Storage;
using detail::StoragePlan;

struct Program::Plan {
  struct Step {
    std::unique_ptr<Kernel> kernel;
    size_t inputs;  // start of its operands in the table of addresses
    size_t outputs;
    size_t workspace;  // offset in the arena
  };
  struct Move {
    size_t to, from;  // places in the table
    size_t bytes;
  };

  Plan(const Device& on, std::shared_ptr<MemoryPool> pool)
      : device(on),
        stream(main_stream(on)),
        memory(pool ? std::move(pool) : std::make_shared<MemoryPool>()) {}

  Device device;
  const Stream& stream;
  std::shared_ptr<MemoryPool> memory;
  std::vector<Step> steps;
  std::vector<Move> moves;
  detail::AddressTable table;
  size_t arena_bytes = 0;
  std::vector<size_t> block_offsets;
  int state_copies = 0;
  // What fades from step to step of a training would pass through subnormal numbers; as other frameworks'
  // steps do.
  bool flush_denormals = false;
  std::string text;
  mutable detail::ExecutionPool executions;
  std::unique_ptr<detail::Profile> profile;
  std::unique_ptr<detail::NumberWatch> watch;
  mutable std::mutex profiling;

  size_t add_address(const Storage& storage) {
    const size_t place = table.size++;
    if (storage.kind == Storage::Kind::kArena) {
      table.arena.push_back({place, block_offsets[static_cast<size_t>(storage.index)]});
    } else {
      auto& places = storage.kind == Storage::Kind::kInput ? table.inputs : table.outputs;
      places[static_cast<size_t>(storage.index)].push_back(place);
    }
    return place;
  }

  void run(const detail::Execution& execution, const Stream& on) const {
    void* const* const addresses = execution.addresses();
    const auto call = [&](const Step& step) {
      step.kernel->run(
          {addresses + step.inputs, addresses + step.outputs, execution.arena() + step.workspace, on});
    };
    if (profile) {
      const std::lock_guard lock(profiling);
      profile->begin();
      for (size_t i = 0; i < steps.size(); ++i) {
        call(steps[i]);
        on.synchronize();  // the time of the work, not of giving it
        profile->end(i);
      }
    } else if (watch) {
      for (size_t i = 0; i < steps.size(); ++i) {
        const auto given = watch->look_at_inputs(i, addresses + steps[i].inputs, on);
        call(steps[i]);
        watch->check(i, given, addresses + steps[i].outputs, on);
      }
    } else {
      for (const Step& step : steps) call(step);
    }
    for (const Move& move : moves) on.copy(addresses[move.to], addresses[move.from], move.bytes);
  }
};

namespace {

std::unique_ptr<Kernel> choose(const Graph& graph, const Node& node, const Device& device, std::string& text,
                               detail::Profile* profile) {
  KernelDesc desc{*node.op, node.attrs, {}, {}, device};
  for (ValueId input : node.inputs) desc.inputs.push_back({graph.type(input), graph.layout(input)});
  for (ValueId output : node.outputs) desc.outputs.push_back({graph.type(output), graph.layout(output)});

  std::string refusals;
  for (const KernelCandidate& candidate : node.op->kernels(device.kind)) {
    if (candidate.refuses) {
      if (const auto reason = candidate.refuses(desc)) {
        refusals += "\n    " + candidate.name + " refuses: " + *reason;
        continue;
      }
    }
    std::unique_ptr<Kernel> kernel = candidate.prepare(desc);
    const size_t line = text.size();
    text += node.op->name + " [" + candidate.name + "]";
    for (const Operand& input : desc.inputs) text += " " + input.type.str();
    text += " ->";
    for (const Operand& output : desc.outputs) text += " " + output.type.str();
    if (profile) profile->add_kernel(text.substr(line));
    text += refusals + "\n";
    return kernel;
  }
  if (refusals.empty()) refusals = " none is registered";
  throw Unsupported("op '" + node.op->name + "' has no kernel on " + device.str() +
                    " for these operands:" + refusals);
}

// Gives back what a run took, also when a kernel throws.
template <class Pool, class T>
class Lent {
 public:
  Lent(Pool& pool, std::unique_ptr<T> thing) : pool_(pool), thing_(std::move(thing)) {}
  ~Lent() {
    if (thing_) pool_.give_back(std::move(thing_));
  }
  Lent(const Lent&) = delete;
  Lent& operator=(const Lent&) = delete;
  T& operator*() const { return *thing_; }
  T* operator->() const { return thing_.get(); }

 private:
  Pool& pool_;
  std::unique_ptr<T> thing_;
};

}  // namespace

Program::Program(const Graph& graph, const Device& device, std::shared_ptr<MemoryPool> memory_pool)
    : plan_(std::make_unique<Plan>(device, std::move(memory_pool))) {
  Plan& plan = *plan_;
  const StoragePlan storage = detail::plan_storage(graph);
  if (detail::Profile::wanted()) plan.profile = std::make_unique<detail::Profile>();
  if (detail::NumberWatch::wanted()) plan.watch = std::make_unique<detail::NumberWatch>(graph, device);

  std::vector<std::unique_ptr<Kernel>> kernels;
  std::vector<Lifetime> lifetimes;
  for (size_t b = 0; b < storage.block_bytes.size(); ++b) {
    lifetimes.push_back({storage.block_bytes[b], storage.block_first[b], storage.block_last[b]});
  }
  std::vector<size_t> workspaces(graph.nodes.size());
  for (size_t n = 0; n < graph.nodes.size(); ++n) {
    const Node& node = graph.nodes[n];
    kernels.push_back(node.op->view ? nullptr : choose(graph, node, device, plan.text, plan.profile.get()));
    workspaces[n] = lifetimes.size();
    const size_t bytes = kernels.back() ? kernels.back()->workspace() : 0;
    lifetimes.push_back({bytes, static_cast<int>(n), static_cast<int>(n)});
  }
  MemoryPlan memory = plan_memory(lifetimes);
  plan.arena_bytes = memory.bytes;
  plan.block_offsets = std::move(memory.offsets);

  plan.table.inputs.resize(graph.inputs.size());
  plan.table.outputs.resize(graph.outputs.size());
  for (size_t n = 0; n < graph.nodes.size(); ++n) {
    if (!kernels[n]) continue;
    const Node& node = graph.nodes[n];
    if (plan.watch) plan.watch->add_kernel(graph, node);
    Plan::Step step{std::move(kernels[n]), plan.table.size, 0, plan.block_offsets[workspaces[n]]};
    for (ValueId input : node.inputs) plan.add_address(storage.values[static_cast<size_t>(input)]);
    step.outputs = plan.table.size;
    for (ValueId output : node.outputs) plan.add_address(storage.values[static_cast<size_t>(output)]);
    plan.steps.push_back(std::move(step));
  }
  for (const Copy& copy : storage.copies) {
    const size_t to = plan.add_address(copy.to);
    plan.moves.push_back({to, plan.add_address(copy.from), copy.bytes});
  }
  plan.state_copies = storage.state_copies;
  plan.flush_denormals = !graph.updates.empty();
}

Program::~Program() = default;

void Program::run(std::span<void* const> inputs, std::span<void* const> outputs) const {
  if (plan_->arena_bytes == 0) return run(inputs, outputs, nullptr, plan_->stream);
  // The pool may lend it again while the device still works in it: the next one works on the same stream.
  const Lent arena(*plan_->memory, plan_->memory->take(plan_->device, plan_->arena_bytes));
  run(inputs, outputs, arena->address(), plan_->stream);
}

void Program::run(std::span<void* const> inputs, std::span<void* const> outputs, void* arena,
                  const Stream& stream) const {
  const Lent execution(plan_->executions, plan_->executions.take(plan_->table));
  execution->bind(inputs, outputs, arena);
  if (plan_->watch) plan_->watch->look_at_arguments(inputs, stream);
  const auto mode = detail::FloatMode::current();
  const detail::FloatModeScope scope(plan_->flush_denormals ? mode.flushing() : mode);
  plan_->run(*execution, stream);
}

size_t Program::arena_bytes() const { return plan_->arena_bytes; }

size_t Program::bytes() const {
  const Plan& plan = *plan_;
  // An address in the table of the plan, and in that of one execution.
  size_t total = sizeof(Program) + sizeof(Plan) + plan.text.size() +
                 plan.table.size * (sizeof(detail::AddressTable::InArena) + sizeof(void*)) +
                 plan.block_offsets.size() * sizeof(size_t) + plan.moves.size() * sizeof(Plan::Move);
  for (const Plan::Step& step : plan.steps) total += sizeof(Plan::Step) + step.kernel->bytes();
  return total;
}

int Program::kernels() const { return static_cast<int>(plan_->steps.size()); }
int Program::state_copies() const { return plan_->state_copies; }
std::string Program::str() const { return plan_->text; }

}  // namespace lamina
