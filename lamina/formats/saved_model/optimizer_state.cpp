// Optimizers from TensorFlow 2.11 on list their variables, those before keep slots beside each variable.
#include "lamina/formats/saved_model/optimizer_state.h"

namespace lamina::detail {
namespace {

constexpr char kGroup[] = "optimizer_weights";
constexpr std::string_view kValue = "/.ATTRIBUTES/VARIABLE_VALUE";

class State {
 public:
  State(Hdf5Tree& tree, TensorBundle& bundle) : tree_(tree), bundle_(bundle) {}

  bool add(const std::string& name, const std::string& key) {
    const auto found = bundle_.entries().find(key);
    if (found == bundle_.entries().end() || !found->second.problem.empty()) return false;
    tree_.arrays[std::string(kGroup) + "/" + name] = bundle_.read(key);
    names_.push_back(name);
    return true;
  }
  void finish() {
    if (names_.size() > 1) tree_.attributes[kGroup]["weight_names"] = {names_, /*list=*/true};
  }

 private:
  Hdf5Tree& tree_;
  TensorBundle& bundle_;
  std::vector<std::string> names_;
};

}  // namespace

void add_optimizer_state(Hdf5Tree& tree, const std::vector<std::string>& variables, TensorBundle& bundle) {
  State state(tree, bundle);
  const std::string end(kValue);
  // All slots of a variable in a row; the first of the list is the iteration, under a name of its own. The
  // name of the first says this order.
  if (state.add("iteration:0", "optimizer/_iterations" + end)) {
    for (int i = 1; state.add("slot_" + std::to_string(i), "optimizer/_variables/" + std::to_string(i) + end);
         ++i) {
    }
    return state.finish();
  }
  // Each kind of slot for all variables in a row, in the order in which optimizers make them.
  if (!state.add("iter:0", "optimizer/iter" + end)) return;
  for (const char* const kind :
       {"m", "v", "vhat", "rms", "momentum", "mg", "accum_grad", "accum_var", "accumulator", "linear"}) {
    for (size_t i = 0; i < variables.size(); ++i) {
      const std::string variable = variables[i].substr(0, variables[i].size() - kValue.size());
      state.add(std::string(kind) + "_" + std::to_string(i),
                variable + "/.OPTIMIZER_SLOT/optimizer/" + kind + end);
    }
  }
  state.finish();
}

}  // namespace lamina::detail
