// Operators: how each kind of ONNX node is computed with Lamina's ops. Internal header.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "lamina/formats/onnx/attribute_kind.h"
#include "lamina/formats/onnx/value.h"
#include <onnx.pb.h>

namespace lamina::onnx {

class Evaluator;

/// One application of an operator: its inputs and attributes, each checked for its kind. All getters throw
/// InvalidArgument; the message gets the node's name further out.
class Call {
 public:
  Call(const lamina_onnx_file::NodeProto& node, int opset, std::vector<Value> inputs, Evaluator& evaluator)
      : node_(node), opset_(opset), inputs_(std::move(inputs)), evaluator_(evaluator) {}

  const std::string& type() const { return node_.op_type(); }
  int opset() const { return opset_; }

  // ---- Inputs, by position ----
  size_t size() const { return inputs_.size(); }
  /// Whether the input is given: optional ones may be left out.
  bool has(size_t i) const { return i < inputs_.size() && !inputs_[i].is_nothing(); }
  /// Throws where it is left out.
  const Value& value(size_t i) const;
  const std::vector<Value>& values() const { return inputs_; }
  /// The tensor, in ONNX's order of axes.
  const Tensor& operator[](size_t i) const { return value(i).tensor(); }
  /// The tensor, or an undefined one where it is left out.
  Tensor optional(size_t i) const { return has(i) ? (*this)[i] : Tensor(); }
  ElementType element(size_t i = 0) const { return value(i).type(); }
  /// Numbers that must be known to compute at all; throw NeedsValues in a trace that does not know them.
  std::vector<int64_t> known_integers(size_t i) const { return integers((*this)[i]); }
  int64_t known_integer(size_t i) const;
  double known_number(size_t i) const;

  // ---- Attributes, by name ----
  int64_t integer(const char* name, std::optional<int64_t> otherwise = std::nullopt) const;
  double number(const char* name, std::optional<double> otherwise = std::nullopt) const;
  std::string text(const char* name, std::optional<std::string> otherwise = std::nullopt) const;
  std::optional<std::vector<int64_t>> integer_list(const char* name) const;
  std::optional<std::vector<double>> number_list(const char* name) const;
  std::optional<std::vector<std::string>> text_list(const char* name) const;
  std::optional<Value> tensor_attribute(const char* name) const;
  bool has_attribute(const char* name) const { return find(name) != nullptr; }
  /// Lets attributes pass that change nothing.
  void ignore(std::initializer_list<const char*> names) const;
  /// What an attribute said until some version, and an input since; nothing where neither is there.
  std::optional<std::vector<int64_t>> integers_of(size_t input, const char* attribute) const;

  // ---- Subgraphs ----
  const lamina_onnx_file::GraphProto& graph(const char* name) const;
  /// Evaluates it, with these values for its inputs; names of the graph around are seen inside.
  std::vector<Value> run(const lamina_onnx_file::GraphProto& graph, const std::vector<Value>& inputs) const;

  /// What another operator, `node` in the newest version of its domain's set, gives for these inputs.
  std::vector<Value> apply(const lamina_onnx_file::NodeProto& node, std::vector<Value> inputs) const;

  /// What another operator of ai.onnx, in its newest version, gives for these inputs and for the attributes of this
  /// node, of which `own` are this operator's alone.
  std::vector<Value> apply_as(const char* type, std::vector<Value> inputs,
                              std::initializer_list<const char*> own = {}) const;

  /// How many outputs the node names, and whether the one at that place is wanted.
  size_t outputs() const { return static_cast<size_t>(node_.output_size()); }
  bool wants(size_t output) const;

  /// A random key and the number of this use.
  std::pair<Tensor, int> random() const;
  /// The attributes that nobody asked for; an operator that leaves some does not know what it computes.
  std::vector<std::string> unread() const;

  [[noreturn]] void fail(const std::string& what) const { throw InvalidArgument(what); }

 private:
  const lamina_onnx_file::AttributeProto* find(const char* name) const;
  const lamina_onnx_file::AttributeProto* find(const char* name, AttributeKind kind,
                                               const char* expected) const;

  const lamina_onnx_file::NodeProto& node_;
  const int opset_;
  const std::vector<Value> inputs_;
  Evaluator& evaluator_;
  mutable std::set<std::string, std::less<>> read_;
};

using Apply = std::vector<Value> (*)(Call& call);

/// What training changes: positions of inputs that are weights where they are constants of a file.
struct Parameters {
  std::vector<int> trained = {};
  std::vector<int> kept = {};  ///< weights that training leaves alone: moving statistics
  /// Those of them that are kernels of convolutions, and the order of axes in which weights keep them.
  std::vector<int> kernels = {};
  Order (*order)(int rank) = kernel_order;
  /// Whether it weighs the features at its first input by a matrix or kernel, as the last step of a head does.
  bool weighs = false;
};

/// One operator from one version of its domain's operator set on, until the next that is registered.
struct Operator {
  std::string domain;  ///< "" for ai.onnx
  std::string name;
  int since = 1;
  Apply apply = nullptr;  ///< null: no longer there
  Parameters parameters = {};
  bool folds = true;  ///< whether it is computed when a file is read, where its inputs are constants
};

/// Adds an operator, before main. Returns true, for a static variable.
bool register_operator(const char* name, int since, Apply apply, Parameters parameters = {},
                       const char* domain = "");
/// The same for what is computed in every run, whatever its inputs are: random numbers, which differ each time, and
/// loops, which may take long.
bool register_run_operator(const char* name, int since, Apply apply, const char* domain = "");
/// Makes a domain known whose newest operator set has that version, before main.
bool register_domain(const char* domain, int newest);

/// The operator as version `opset` of its domain's set has it, or null.
const Operator* find_operator(std::string_view domain, std::string_view name, int opset);
/// Every name of the domain, for suggestions.
std::vector<std::string> operator_names(std::string_view domain);
/// The newest set of the domain that is known; 0 for an unknown domain.
int newest_opset(std::string_view domain);

}  // namespace lamina::onnx
