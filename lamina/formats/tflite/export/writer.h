// Writers: how each op is written as TFLite operators, one record for an op. Internal header.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "lamina/base/error.h"
#include "lamina/formats/tflite/export/builder.h"
#include "lamina/graph/graph.h"

namespace lamina::tflite {

/// One application of an op, which its writer turns into operators.
class Writing {
 public:
  Writing(Builder& builder, const Node& node, std::vector<int32_t> inputs, std::vector<TensorType> outputs,
          std::vector<bool> used)
      : builder_(builder),
        node_(node),
        inputs_(std::move(inputs)),
        outputs_(std::move(outputs)),
        used_(std::move(used)),
        written_(outputs_.size(), -1) {}

  template <class A>
  const A& attrs() const {
    return node_.attrs.as<A>();
  }
  size_t size() const { return inputs_.size(); }
  int32_t in(size_t i) const { return inputs_.at(i); }
  const std::vector<int32_t>& inputs() const { return inputs_; }
  const Shape& shape(size_t i) const { return builder_.tensor(in(i)).shape; }
  DType dtype(size_t i) const { return builder_.tensor(in(i)).dtype; }
  int rank(size_t i) const { return shape(i).rank(); }
  /// The elements, or an undefined tensor where only a run knows them.
  const Tensor& constant(size_t i) const { return builder_.tensor(in(i)).constant; }
  const std::string& name(size_t i) const { return builder_.tensor(in(i)).name; }

  const TensorType& out_type(size_t i = 0) const { return outputs_.at(i); }
  bool used(size_t i) const { return used_.at(i); }
  void out(size_t i, int32_t id) { written_.at(i) = id; }
  const std::vector<int32_t>& written() const { return written_; }

  Builder& builder() { return builder_; }
  /// An operator that gives output 0, or something of that type, or of another shape.
  int32_t op(fb::BuiltinOperator code, const std::vector<int32_t>& inputs, WrittenOptions options = {}) {
    return builder_.op(code, inputs, out_type().dtype, out_type().shape, std::move(options));
  }
  int32_t op(fb::BuiltinOperator code, const std::vector<int32_t>& inputs, const Shape& shape,
             WrittenOptions options = {}) {
    return builder_.op(code, inputs, out_type().dtype, shape, std::move(options));
  }
  int32_t reshaped(int32_t id, const Shape& shape);
  int32_t transposed(int32_t id, const std::vector<int>& order);
  int32_t cast(int32_t id, DType dtype);
  int32_t number(double value) { return builder_.number(value, out_type().dtype); }

  [[noreturn]] void refuse(const std::string& why) const { throw Unsupported(why); }

 private:
  Builder& builder_;
  const Node& node_;
  std::vector<int32_t> inputs_;
  std::vector<TensorType> outputs_;
  std::vector<bool> used_;
  std::vector<int32_t> written_;
};

using Write = void (*)(Writing&);

/// Adds how an op is written, before main.
bool register_writer(const char* op, Write write);
/// Null where none is registered.
Write find_writer(const std::string& op);

}  // namespace lamina::tflite
