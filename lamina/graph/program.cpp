// Choosing kernels, laying out the arena, and running.
#include "lamina/graph/program.h"

#include <cstring>

#include "lamina/graph/memory_plan.h"
#include "lamina/graph/profile.h"
#include "lamina/graph/storage.h"

namespace lamina {

using detail::Copy;
using detail::Storage;
using detail::StoragePlan;

struct Program::Plan {
  struct Step {
    std::unique_ptr<Kernel> kernel;
    size_t inputs;  // start of its operands in `addresses`
    size_t outputs;
    void* workspace;
  };
  struct Move {
    size_t to, from;  // places in `addresses`
    size_t bytes;
  };

  std::vector<Step> steps;
  std::vector<void*> addresses;
  // Places in `addresses` to rewrite when the caller brings another buffer.
  std::vector<std::vector<size_t>> input_patches, output_patches;
  std::vector<void*> bound_inputs, bound_outputs;
  std::vector<Move> moves;
  std::unique_ptr<Buffer> arena;
  std::vector<size_t> block_offsets;
  int state_copies = 0;
  std::string text;
  std::unique_ptr<detail::Profile> profile;

  size_t add_address(const Storage& storage) {
    const size_t place = addresses.size();
    void* known = nullptr;
    if (storage.kind == Storage::Kind::kArena) {
      known = static_cast<char*>(arena->data()) + block_offsets[static_cast<size_t>(storage.index)];
    } else {
      auto& patches = storage.kind == Storage::Kind::kInput ? input_patches : output_patches;
      patches[static_cast<size_t>(storage.index)].push_back(place);
    }
    addresses.push_back(known);
    return place;
  }

  void bind(std::span<void* const> now, std::vector<void*>& bound,
            const std::vector<std::vector<size_t>>& patches) {
    for (size_t i = 0; i < bound.size(); ++i) {
      if (bound[i] == now[i]) continue;
      bound[i] = now[i];
      for (size_t place : patches[i]) addresses[place] = now[i];
    }
  }
};

namespace {

std::unique_ptr<Kernel> choose(const Graph& graph, const Node& node, const Device& device, std::string& text,
                               detail::Profile* profile) {
  KernelDesc desc{*node.op, node.attrs, {}, {}};
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

}  // namespace

Program::Program(const Graph& graph, const Device& device) : plan_(std::make_unique<Plan>()) {
  Plan& plan = *plan_;
  const StoragePlan storage = detail::plan_storage(graph);
  if (detail::Profile::wanted()) plan.profile = std::make_unique<detail::Profile>();

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
  plan.arena = std::make_unique<Buffer>(device, memory.bytes);
  plan.block_offsets = std::move(memory.offsets);

  plan.input_patches.resize(graph.inputs.size());
  plan.output_patches.resize(graph.outputs.size());
  plan.bound_inputs.resize(graph.inputs.size());
  plan.bound_outputs.resize(graph.outputs.size());
  for (size_t n = 0; n < graph.nodes.size(); ++n) {
    if (!kernels[n]) continue;
    const Node& node = graph.nodes[n];
    Plan::Step step{std::move(kernels[n]), plan.addresses.size(), 0, nullptr};
    for (ValueId input : node.inputs) plan.add_address(storage.values[static_cast<size_t>(input)]);
    step.outputs = plan.addresses.size();
    for (ValueId output : node.outputs) plan.add_address(storage.values[static_cast<size_t>(output)]);
    step.workspace = static_cast<char*>(plan.arena->data()) + plan.block_offsets[workspaces[n]];
    plan.steps.push_back(std::move(step));
  }
  for (const Copy& copy : storage.copies) {
    const size_t to = plan.add_address(copy.to);
    plan.moves.push_back({to, plan.add_address(copy.from), copy.bytes});
  }
  plan.state_copies = storage.state_copies;
}

Program::~Program() = default;

void Program::run(std::span<void* const> inputs, std::span<void* const> outputs) {
  Plan& plan = *plan_;
  plan.bind(inputs, plan.bound_inputs, plan.input_patches);
  plan.bind(outputs, plan.bound_outputs, plan.output_patches);
  void** const addresses = plan.addresses.data();
  if (plan.profile) {
    plan.profile->begin();
    for (size_t i = 0; i < plan.steps.size(); ++i) {
      const Plan::Step& step = plan.steps[i];
      step.kernel->run({addresses + step.inputs, addresses + step.outputs, step.workspace});
      plan.profile->end(i);
    }
  } else {
    for (const Plan::Step& step : plan.steps) {
      step.kernel->run({addresses + step.inputs, addresses + step.outputs, step.workspace});
    }
  }
  for (const Plan::Move& move : plan.moves) {
    if (move.bytes) std::memcpy(addresses[move.to], addresses[move.from], move.bytes);
  }
}

size_t Program::arena_bytes() const { return plan_->arena->bytes(); }
int Program::kernels() const { return static_cast<int>(plan_->steps.size()); }
int Program::state_copies() const { return plan_->state_copies; }
std::string Program::str() const { return plan_->text; }

}  // namespace lamina
