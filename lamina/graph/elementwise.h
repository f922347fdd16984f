// The program of a fused elementwise node: a short list of instructions that run tile by tile. Declared here,
// below the ops, because the fusion pass writes it; lamina/ops/fused_elementwise.cpp gives it a meaning.
// For authors of passes: lamina.h leaves it out.
#pragma once

#include <string>
#include <vector>

#include "lamina/graph/op.h"

namespace lamina {

/// One instruction: an elementwise op applied to registers. Registers 0 ... inputs - 1 are the node's inputs;
/// the result of instruction i is register inputs + i.
struct TileInstruction {
  const Op* op = nullptr;
  Attrs attrs;
  std::vector<int> operands;
  DType dtype = DType::kFloat32;  ///< of the result
  bool operator==(const TileInstruction&) const = default;
};

/// Attributes of op `fused_elementwise`: every input broadcasts to `shape` (but those that an op reads
/// whole), every output has it.
struct FusedElementwiseAttrs {
  Shape shape;
  int num_inputs = 0;
  std::vector<TileInstruction> code;
  std::vector<int> results;  ///< the registers handed out, one per output
  bool operator==(const FusedElementwiseAttrs&) const = default;

  /// "a0", "a1", ... for inputs, "t0", "t1", ... for results of instructions, and plain numbers for
  /// constants of float32, for others as "int64(2)":
  /// "shape=(2, 3), code=[t0 = multiply(a0, 2); t1 = add(t0, a1)], results=[t1]".
  static void fields(auto& self, auto&& visit) {
    visit("shape", self.shape);
    visit("code", Code<decltype(self)>{self});
    visit("results", Results<decltype(self)>{self});
  }

 private:
  template <class Self>
  struct Code {
    Self self;
    std::string str() const { return self.code_text(); }
    void read(TextCursor& text) { self.read_code(text); }
  };
  template <class Self>
  struct Results {
    Self self;
    std::string str() const { return self.results_text(); }
    void read(TextCursor& text) { self.read_results(text); }
  };
  std::string code_text() const;
  std::string results_text() const;
  std::string register_text(int index) const;
  void read_code(TextCursor& text);
  void read_results(TextCursor& text);
  int read_register(TextCursor& text);
};

/// Registers of a node at most: what one run of the tile machine keeps in a first-level cache without trouble of instructions,
/// inputs and constants.
inline constexpr size_t kMostTileRegisters = 80;

/// Whether the node reads input `input` whole rather than element by element.
bool reads_whole(const FusedElementwiseAttrs& attrs, int input);
/// Whether a result depends on the row-major places of the elements, so that the operands' layout matters.
bool is_positional(const FusedElementwiseAttrs& attrs);

}  // namespace lamina
