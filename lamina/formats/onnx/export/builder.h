// Builder: nodes and constants of an ONNX graph while it is written. Internal header.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "lamina/core/tensor.h"
#include "lamina/formats/onnx/value.h"
#include <onnx.pb.h>

namespace lamina::onnx {

/// The type that tensors of `dtype` have in files that are written. bfloat16 is computed in float, and rounded after
/// each op: run times lack its arithmetic, and that is how Lamina computes it.
ElementType written_type(DType dtype);

/// An attribute of a node.
class Attribute {
 public:
  Attribute(const char* name, int64_t value);
  Attribute(const char* name, int value) : Attribute(name, static_cast<int64_t>(value)) {}
  Attribute(const char* name, double value);
  Attribute(const char* name, const std::string& value);
  Attribute(const char* name, const char* value) : Attribute(name, std::string(value)) {}
  Attribute(const char* name, const std::vector<int64_t>& values);
  Attribute(const char* name, const std::vector<float>& values);
  Attribute(const char* name, const std::vector<std::string>& values);
  Attribute(const char* name, const Value& tensor);
  Attribute(const char* name, lamina_onnx_file::GraphProto graph);

  const lamina_onnx_file::AttributeProto& proto() const { return proto_; }

 private:
  lamina_onnx_file::AttributeProto proto_;
};

/// The domain of trees, scalers and tables.
inline constexpr char kMlDomain[] = "ai.onnx.ml";

using Attributes = std::vector<Attribute>;
using Names = std::vector<std::string>;

/// The graph of a model, or one inside of it, which sees the values around it. Constants are kept by the outermost.
class Builder {
 public:
  explicit Builder(int opset);
  /// A graph inside of a node of `outer`.
  explicit Builder(Builder& outer);

  int opset() const { return opset_; }
  Builder* outer() const { return outer_; }

  /// Adds a node; the names of its outputs, which are new. An input "" is left out.
  Names nodes(const std::string& type, const Names& inputs, size_t outputs, const Attributes& attributes = {},
              const std::string& domain = "");
  /// The same with one output.
  std::string node(const std::string& type, const Names& inputs, const Attributes& attributes = {},
                   const std::string& domain = "");

  /// A constant tensor. It gets the name that is wished for, or one like it, when it is known which constants are
  /// used: name_constants(); until then nodes call it otherwise.
  std::string constant(const Value& value, const std::string& wish);
  /// Constants that are made once for all who want them: a list of integers (int64, one axis), a single one without
  /// axes, and a number of any dtype without axes.
  std::string integers(const std::vector<int64_t>& values);
  std::string integer(int64_t value);
  std::string number(double value, DType dtype);
  /// A string without axes.
  std::string text(const std::string& value);

  std::string cast(const std::string& x, DType dtype);

  /// A name that nothing has yet.
  std::string unique(const std::string& wish);
  /// What the nodes that follow are a part of: "sequential/dense". Opens their names.
  void set_place(std::string place) { root().place_ = std::move(place); }

  /// Extents, -1 for open ones, and the names of these, if any.
  using Dims = std::vector<std::pair<int64_t, std::string>>;
  /// Declares an input or output of this graph.
  void add_input(const std::string& name, ElementType type, const Dims& shape);
  void add_output(const std::string& name, ElementType type, const Dims& shape);
  /// Says of a value inside what an input or output would say.
  void declare_value(const std::string& name, ElementType type, const Dims& shape);
  lamina_onnx_file::GraphProto& proto() { return proto_; }
  struct Constant {
    std::string name, wish;
    Value value;
  };
  /// Names those constants that `used` says, in nodes of this graph and of those inside; gives them in the order in
  /// which they were made, and such as hold the same and wished for the same name once. Of the outermost graph.
  std::vector<std::pair<std::string, Value>> name_constants(const std::set<std::string>& used);
  /// Makes the function of that name a part of the file, once: `make(opset)`. Nodes of it have its domain.
  void need_function(const std::string& domain, const std::string& name,
                     const std::function<lamina_onnx_file::FunctionProto(int opset)>& make);
  /// Functions of the file, in the order in which they were needed.
  const std::vector<lamina_onnx_file::FunctionProto>& functions() { return root().functions_; }
  /// Domains beside ai.onnx that nodes are of.
  const std::set<std::string>& domains() { return root().domains_; }

 private:
  Builder& root() { return outer_ ? outer_->root() : *this; }

  const int opset_;
  Builder* const outer_ = nullptr;
  lamina_onnx_file::GraphProto proto_;
  // Of the outermost alone:
  std::string place_;
  std::map<std::string, int64_t> taken_;  // and the number that was tried last
  std::vector<Constant> constants_;
  std::map<std::string, std::string> small_;  // constants made once, by what they hold
  std::set<std::string> domains_;
  std::vector<lamina_onnx_file::FunctionProto> functions_;
};

}  // namespace lamina::onnx
