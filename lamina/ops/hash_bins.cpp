// Records of hash_bins and cross_bins.
#include "lamina/ops/hash_bins.h"

#include <string>

#include "lamina/base/error.h"
#include "lamina/graph/op.h"
#include "lamina/ops/cast.h"

namespace lamina {
namespace {

constexpr char kNoGradient[] = "the result is an integer";

void check_bins(const InferArgs& args, int64_t bins) {
  if (bins < 1) args.fail("there must be at least 1 bin, received " + std::to_string(bins));
}

std::vector<TensorType> infer_hash(const InferArgs& args) {
  const HashBinsAttrs& attrs = args.attrs.as<HashBinsAttrs>();
  check_bins(args, attrs.bins);
  if (!attrs.salt.empty() && attrs.salt.size() != 2)
    args.fail("a salt has two numbers, received " + std::to_string(attrs.salt.size()));
  if (args.inputs[0].dtype != DType::kInt64) args.fail("expected int64; cast first");
  return {args.inputs[0]};
}

std::vector<TensorType> infer_cross(const InferArgs& args) {
  check_bins(args, args.attrs.as<CrossBinsAttrs>().bins);
  for (const TensorType& input : args.inputs) {
    if (input.dtype != DType::kInt64) args.fail("expected int64; cast first");
    if (input.shape != args.inputs[0].shape) args.fail("all tensors must have one shape");
  }
  return {args.inputs[0]};
}

const Op& hash_op = register_op<HashBinsAttrs>({.name = "hash_bins",
                                                .doc = "The bin of each integer, by a hash of its digits",
                                                .inputs = {{"x", DTypeClass::kInteger}},
                                                .outputs = {"y"},
                                                .infer = infer_hash,
                                                .flops = no_flops,
                                                .no_gradient = kNoGradient});

const Op& cross_op =
    register_op<CrossBinsAttrs>({.name = "cross_bins",
                                 .doc = "The bin of the integers at each place together, by a hash",
                                 .inputs = {{"tensors", DTypeClass::kInteger}},
                                 .variadic = true,
                                 .outputs = {"y"},
                                 .infer = infer_cross,
                                 .flops = no_flops,
                                 .no_gradient = kNoGradient});

Tensor wide(const char* op, const Tensor& x) {
  if (is_floating(x.dtype()))
    throw InvalidArgument(std::string(op) + ": expected integers, received " + x.type().str());
  return cast(x, DType::kInt64);
}

}  // namespace

Tensor hash_bins(const Tensor& x, int64_t bins, const std::vector<int64_t>& salt) {
  return apply(hash_op, HashBinsAttrs{bins, salt}, {wide("hash_bins", x)})[0];
}

Tensor cross_bins(const std::vector<Tensor>& tensors, int64_t bins) {
  if (tensors.empty()) throw InvalidArgument("cross_bins: expected at least one tensor");
  std::vector<Tensor> integers;
  for (const Tensor& tensor : tensors) integers.push_back(wide("cross_bins", tensor));
  return apply(cross_op, CrossBinsAttrs{bins}, integers)[0];
}

}  // namespace lamina
