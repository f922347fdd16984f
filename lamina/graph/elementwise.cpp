// Text and properties of fused elementwise programs.
#include "lamina/graph/elementwise.h"

#include <algorithm>

#include "lamina/graph/constant.h"

namespace lamina {
namespace {

constexpr int64_t kMostRegisters = 1 << 12;

bool is_constant(const TileInstruction& instruction) { return instruction.op->name == "full"; }

}  // namespace

std::string FusedElementwiseAttrs::register_text(int index) const {
  if (index < num_inputs) return "a" + std::to_string(index);
  const TileInstruction& instruction = code[static_cast<size_t>(index - num_inputs)];
  if (is_constant(instruction)) {
    const std::string value = detail::attr_text(instruction.attrs.as<FullAttrs>().value);
    return instruction.dtype == DType::kFloat32 ? value : name(instruction.dtype) + ("(" + value + ")");
  }
  int number = 0;
  for (int i = num_inputs; i < index; ++i) number += !is_constant(code[static_cast<size_t>(i - num_inputs)]);
  return "t" + std::to_string(number);
}

std::string FusedElementwiseAttrs::code_text() const {
  std::string text;
  for (size_t i = 0; i < code.size(); ++i) {
    const TileInstruction& instruction = code[i];
    if (is_constant(instruction)) continue;
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

// Constants become instructions where they are first read, as the fusion pass makes them. Inputs are counted
// last, so that registers of instructions are below 0 until then.
void FusedElementwiseAttrs::read_code(TextCursor& text) {
  text.expect("[");
  for (bool first = true; !text.take("]"); first = false) {
    if (!first) text.expect(";");
    int number = 0;
    for (const TileInstruction& before : code) number += !is_constant(before);
    text.expect("t" + std::to_string(number));
    TileInstruction instruction;
    if (text.take(":")) detail::attr_read(text, instruction.dtype);
    text.expect("=");
    instruction.op = &find_op(text.word("an op's name"));
    text.expect("(");
    while (!text.at_field() && !text.take(")")) {
      instruction.operands.push_back(read_register(text));
      if (text.take(",")) continue;
      text.expect(")");
      break;
    }
    if (text.at_field()) {
      if (!instruction.op->read_attrs) text.fail("no attributes of op '" + instruction.op->name + "'");
      instruction.attrs = instruction.op->read_attrs(text);
      text.expect(")");
    }
    code.push_back(std::move(instruction));
    if (static_cast<int64_t>(code.size()) > kMostRegisters) text.fail("fewer instructions");
  }
}

void FusedElementwiseAttrs::read_results(TextCursor& text) {
  text.expect("[");
  for (bool first = true; !text.take("]"); first = false) {
    if (!first) text.expect(",");
    results.push_back(read_register(text));
  }
  const auto settle = [this](int& index) { index = index < 0 ? num_inputs - 1 - index : index; };
  for (TileInstruction& instruction : code) {
    for (int& operand : instruction.operands) settle(operand);
  }
  for (int& result : results) settle(result);
}

int FusedElementwiseAttrs::read_register(TextCursor& text) {
  if (text.take("a")) {
    const auto input = static_cast<int>(text.integer(0, kMostRegisters));
    num_inputs = std::max(num_inputs, input + 1);
    return input;
  }
  if (text.take("t")) {
    const int64_t number = text.integer(0, kMostRegisters);
    int64_t seen = -1;
    for (size_t i = 0; i < code.size(); ++i) {
      seen += !is_constant(code[i]);
      if (seen == number && !is_constant(code[i])) return -1 - static_cast<int>(i);
    }
    text.fail("the result of an instruction before");
  }
  FullAttrs constant{{}, 0, DType::kFloat32};
  if (text.at_typed()) {
    detail::attr_read(text, constant.dtype);
    text.expect("(");
    constant.value = text.number();
    text.expect(")");
  } else {
    constant.value = text.number();
  }
  const TileInstruction instruction{&find_op("full"), constant, {}, constant.dtype};
  const auto known = std::find(code.begin(), code.end(), instruction);
  const auto index = static_cast<int>(known - code.begin());
  if (known == code.end()) code.push_back(instruction);
  return -1 - index;
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
