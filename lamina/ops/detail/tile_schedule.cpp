// Greedy chains: after an instruction comes, if possible, one that reads its result.
#include "lamina/ops/detail/tile_schedule.h"

#include <algorithm>

#include "lamina/ops/detail/chain.h"

namespace lamina::detail {
namespace {

// Links are set up once a tile, on the stack.
constexpr size_t kMaxChain = 32;

class Scheduler {
 public:
  Scheduler(const FusedElementwiseAttrs& attrs, const RegisterFacts& registers)
      : attrs_(attrs), registers_(registers) {
    uses_.assign(registers.dtypes.size(), 0);
    done_.assign(registers.dtypes.size(), false);
    for (size_t reg = 0; reg < done_.size(); ++reg) {
      done_[reg] = static_cast<int>(reg) < attrs.num_inputs || registers.uniform[reg];
    }
    for (int i = 0; i < size(); ++i) {
      for (int operand : code(i).operands) ++uses_[at(operand)];
    }
    for (int result : attrs.results) ++uses_[at(result)];
  }

  std::vector<TileGroup> run() {
    std::vector<TileGroup> groups;
    for (int i = 0; i < size(); ++i) {
      // Operands come before their readers, so the first that is not done yet is always ready.
      if (!done_[at(result(i))]) groups.push_back(start(i));
    }
    return groups;
  }

 private:
  static size_t at(int i) { return static_cast<size_t>(i); }
  int size() const { return static_cast<int>(attrs_.code.size()); }
  const TileInstruction& code(int i) const { return attrs_.code[at(i)]; }
  int result(int i) const { return attrs_.num_inputs + i; }
  bool uniform(int reg) const { return registers_.uniform[at(reg)]; }

  bool ready(int i) const {
    return std::all_of(code(i).operands.begin(), code(i).operands.end(),
                       [&](int reg) { return done_[at(reg)]; });
  }
  bool floats(const std::vector<int>& operands) const {
    return std::all_of(operands.begin(), operands.end(),
                       [&](int reg) { return registers_.dtypes[at(reg)] == DType::kFloat32; });
  }

  /// The selection that alone reads the mask that instruction `i` makes, if it can run next; else -1.
  int selection_after(int i) const {
    if (uses_[at(result(i))] != 1) return -1;
    for (int next = i + 1; next < size(); ++next) {
      const auto& operands = code(next).operands;
      if (code(next).op->name != "where" || operands[0] != result(i)) continue;
      const bool others = done_[at(operands[1])] && done_[at(operands[2])];
      return others && code(next).dtype == DType::kFloat32 ? next : -1;
    }
    return -1;
  }

  /// Whether `i` can be a link that takes operand `place` from the registers.
  bool links(int i, int place) const {
    if (!floats(code(i).operands)) return false;
    const auto link = link_for(code(i).op->name, place);
    if (!link) return false;
    return makes_mask(*link) ? selection_after(i) >= 0 : code(i).dtype == DType::kFloat32;
  }

  void finish(TileGroup& group, int i, int place) {
    group.members.push_back({i, place});
    done_[at(result(i))] = true;
  }

  TileGroup start(int i) {
    TileGroup group;
    // The operand that is loaded must lie in memory.
    const auto& operands = code(i).operands;
    const auto varies =
        std::find_if(operands.begin(), operands.end(), [&](int reg) { return !uniform(reg); });
    const int place = varies == operands.end() ? 0 : static_cast<int>(varies - operands.begin());
    group.chain = varies != operands.end() && links(i, place);
    finish(group, i, place);
    while (group.chain && group.members.size() < kMaxChain && extend(group)) {
    }
    return group;
  }

  bool extend(TileGroup& group) {
    const int last = group.members.back().instruction;
    if (code(last).dtype == DType::kBool) {
      finish(group, selection_after(last), 0);
      return true;
    }
    // A mask and its selection go together.
    const bool room_for_two = group.members.size() + 2 <= kMaxChain;
    for (int next = last + 1; next < size(); ++next) {
      const auto& operands = code(next).operands;
      const auto found = std::find(operands.begin(), operands.end(), result(last));
      if (found == operands.end() || done_[at(result(next))] || !ready(next)) continue;
      const int place = static_cast<int>(found - operands.begin());
      if (!links(next, place) || (code(next).dtype == DType::kBool && !room_for_two)) continue;
      finish(group, next, place);
      return true;
    }
    return false;
  }

  const FusedElementwiseAttrs& attrs_;
  const RegisterFacts& registers_;
  std::vector<int> uses_;
  std::vector<bool> done_;
};

}  // namespace

std::vector<TileGroup> schedule_tiles(const FusedElementwiseAttrs& attrs, const RegisterFacts& registers) {
  return Scheduler(attrs, registers).run();
}

}  // namespace lamina::detail
