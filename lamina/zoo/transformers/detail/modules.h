// Layers with the names, shapes and order of PyTorch's modules, of which Hugging Face's models are made:
// their weights go from file to layer and back as they are. Internal header.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lamina/nn/layer.h"

namespace lamina::detail {

/// A layer whose parameters are known before it is built.
class Module : public Layer {
 public:
  struct Parameter {
    std::string name;  ///< "weight"
    Shape shape;
    Choice<Initializer> first;
  };
  const std::vector<Parameter>& parameters() const { return parameters_; }
  /// Under which files hold that parameter: "encoder.block.0.layer.0.SelfAttention.q.weight".
  virtual std::string full_name(const std::string& parameter) const { return name() + "." + parameter; }

  bool has_weights() const override { return true; }
  std::vector<Tensor> forward(const LayerCall& call, CallContext& context) const override;
  TensorSpecs compute_output_specs(const TensorSpecs& inputs) const override { return inputs; }

 protected:
  /// `name`: where it is in the model, "encoder.block.0.layer.0.SelfAttention.q".
  Module(const std::string& name, std::vector<Parameter> parameters);
  void create_weights_for(const TensorSpecs& inputs) override;
  /// Parameter number `i` in the dtype that the layer computes with.
  Tensor value(size_t i, const CallContext& context) const;

 private:
  std::vector<Parameter> parameters_;
  std::vector<WeightPtr> weights_;
};

class Linear;

/// A module that multiplies by a matrix, to which a product of two narrow ones can be added (LoRA).
class Product : public Module {
 public:
  virtual int64_t inputs() const = 0;
  virtual int64_t outputs() const = 0;
  /// From now on x A^T B^T * scale is added: `a` (rank, inputs), `b` (outputs, rank).
  void adapt(std::shared_ptr<Linear> a, std::shared_ptr<Linear> b, double scale, double dropout);
  /// Adds that product to the matrix itself and forgets it.
  void merge();
  const std::shared_ptr<Linear>& a() const { return a_; }
  const std::shared_ptr<Linear>& b() const { return b_; }

 protected:
  using Module::Module;
  /// `product` and what was added to the matrix.
  Tensor adapted(const Tensor& product, const Tensor& x, CallContext& context) const;
  /// Whether the matrix is (inputs, outputs).
  virtual bool input_major() const { return false; }

 private:
  std::shared_ptr<Linear> a_, b_;
  double scale_ = 1, dropout_ = 0;
};

/// x weight^T + bias (torch.nn.Linear): weight (outputs, inputs), bias (outputs) if there is one.
class Linear final : public Product {
 public:
  Linear(const std::string& name, int64_t inputs, int64_t outputs, bool bias, double deviation);
  std::string class_name() const override { return "Linear"; }
  int64_t inputs() const override { return parameters()[0].shape[1]; }
  int64_t outputs() const override { return parameters()[0].shape[0]; }
  Tensor operator()(const Tensor& x, CallContext& context) const;

 private:
  bool bias_;
};

/// x weight + bias (Conv1D of GPT-2): weight (inputs, outputs), bias (outputs).
class InputMajorLinear final : public Product {
 public:
  InputMajorLinear(const std::string& name, int64_t inputs, int64_t outputs, double deviation);
  std::string class_name() const override { return "InputMajorLinear"; }
  int64_t inputs() const override { return parameters()[0].shape[0]; }
  int64_t outputs() const override { return parameters()[0].shape[1]; }
  Tensor operator()(const Tensor& x, CallContext& context) const;

 protected:
  bool input_major() const override { return true; }
};

/// Numbers that are added, a parameter by themselves.
class Bias final : public Module {
 public:
  /// @param name  of the parameter: "cls.predictions.bias"
  Bias(const std::string& name, const Shape& shape);
  std::string class_name() const override { return "Bias"; }
  std::string full_name(const std::string&) const override { return name(); }
  Tensor operator()(const CallContext& context) const { return value(0, context); }
};

/// Rows of a table at ids (torch.nn.Embedding): weight (rows, width).
class TokenTable final : public Module {
 public:
  TokenTable(const std::string& name, int64_t rows, int64_t width, double deviation);
  std::string class_name() const override { return "TokenTable"; }
  Tensor operator()(const Tensor& ids, const CallContext& context) const;
  /// x weight^T: what each row of the table says of x.
  Tensor scores(const Tensor& x, const CallContext& context) const;
  int64_t rows() const { return parameters()[0].shape[0]; }
};

/// Normalisation over the last axis (torch.nn.LayerNorm, and the root mean square alone): weight and bias
/// (width).
class Norm final : public Module {
 public:
  enum class Kind { kLayer, kRootMeanSquare };
  Norm(const std::string& name, int64_t width, Kind kind, double epsilon);
  std::string class_name() const override { return "Norm"; }
  Tensor operator()(const Tensor& x, const CallContext& context) const;

 private:
  Kind kind_;
  double epsilon_;
};

/// What gives each token its score: the table of tokens, or a matrix of its own.
struct TokenScores {
  std::shared_ptr<TokenTable> table;
  std::shared_ptr<Linear> matrix;  ///< null: the table is it
  Tensor operator()(const Tensor& x, CallContext& context) const {
    return matrix ? (*matrix)(x, context) : table->scores(x, context);
  }
};

/// What parts of a model are made with: it hands them to the model under their full names.
class ModuleScope {
 public:
  using Track = std::function<void(const std::string& name, const std::shared_ptr<Module>& module)>;
  /// @param deviation  of the normal distribution of first values
  ModuleScope(Track track, double deviation) : track_(std::move(track)), deviation_(deviation) {}

  /// "encoder" / "block.0": what is below.
  ModuleScope operator/(const std::string& name) const;
  /// The same place with another deviation.
  ModuleScope drawn(double deviation) const;

  std::shared_ptr<Linear> linear(const std::string& name, int64_t inputs, int64_t outputs, bool bias) const;
  std::shared_ptr<InputMajorLinear> input_major_linear(const std::string& name, int64_t inputs,
                                                       int64_t outputs) const;
  std::shared_ptr<Bias> bias(const std::string& name, const Shape& shape) const;
  std::shared_ptr<TokenTable> table(const std::string& name, int64_t rows, int64_t width) const;
  std::shared_ptr<Norm> norm(const std::string& name, int64_t width, Norm::Kind kind, double epsilon) const;
  /// A module of an architecture's own, made of its full name and `arguments`.
  template <class M, class... Arguments>
  std::shared_ptr<M> add(const std::string& name, Arguments&&... arguments) const {
    return made(std::make_shared<M>(full(name), std::forward<Arguments>(arguments)...));
  }

 private:
  template <class M>
  std::shared_ptr<M> made(std::shared_ptr<M> module) const {
    track_(module->name(), module);
    return module;
  }
  std::string full(const std::string& name) const { return prefix_.empty() ? name : prefix_ + "." + name; }

  Track track_;
  double deviation_;
  std::string prefix_;
};

/// Zeros for the share `rate` of the elements while training, the others larger by as much.
Tensor drop(const Tensor& x, double rate, CallContext& context);

}  // namespace lamina::detail
