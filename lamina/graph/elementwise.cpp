// Printing and properties of fused elementwise programs.
#include "lamina/graph/elementwise.h"

#include "lamina/graph/constant.h"

namespace lamina {

std::string FusedElementwiseAttrs::register_text(int index) const {
  if (index < num_inputs) return "a" + std::to_string(index);
  const TileInstruction& instruction = code[static_cast<size_t>(index - num_inputs)];
  if (instruction.op->name == "full") return detail::attr_text(instruction.attrs.as<FullAttrs>().value);
  int number = 0;
  for (int i = num_inputs; i < index; ++i)
    number += code[static_cast<size_t>(i - num_inputs)].op->name != "full";
  return "t" + std::to_string(number);
}

std::string FusedElementwiseAttrs::code_text() const {
  std::string text;
  for (size_t i = 0; i < code.size(); ++i) {
    const TileInstruction& instruction = code[i];
    if (instruction.op->name == "full") continue;
    text += text.empty() ? "" : "; ";
    text += register_text(num_inputs + static_cast<int>(i));
    if (instruction.dtype != DType::kFloat32) text += std::string(": ") + name(instruction.dtype);
    text += " = " + instruction.op->name + "(";
    for (size_t k = 0; k < instruction.operands.size(); ++k) {
      text += (k ? ", " : "") + register_text(instruction.operands[k]);
    }
    const std::string attributes = instruction.attrs.str();
    text += (attributes.empty() ? "" : (instruction.operands.empty() ? "" : ", ") + attributes) + ")";
  }
  return "[" + text + "]";
}

std::string FusedElementwiseAttrs::results_text() const {
  std::string text;
  for (size_t i = 0; i < results.size(); ++i) text += (i ? ", " : "") + register_text(results[i]);
  return "[" + text + "]";
}

bool reads_whole(const FusedElementwiseAttrs& attrs, int input) {
  for (const TileInstruction& instruction : attrs.code) {
    const std::vector<ArgSpec>& specs = instruction.op->inputs;
    for (size_t k = 0; k < instruction.operands.size() && k < specs.size(); ++k) {
      if (instruction.operands[k] == input && specs[k].whole) return true;
    }
  }
  return false;
}

bool is_positional(const FusedElementwiseAttrs& attrs) {
  for (const TileInstruction& instruction : attrs.code) {
    if (instruction.op->positional) return true;
  }
  return false;
}

}  // namespace lamina
