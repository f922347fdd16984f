// Ops that no file holds, each with the reason that whoever asks for one is told.
#include "lamina/formats/onnx/export/writer.h"

namespace lamina::onnx {
namespace {

bool none(const std::vector<const char*>& ops, const char* reason) {
  for (const char* op : ops) register_no_writer(op, reason);
  return true;
}

const bool kNoCounterpartRegistered[] = {
    none({"random_bits", "random_uniform", "random_normal", "random_randint", "random_truncated_normal", "random_gamma",
          "random_beta", "random_binomial", "random_categorical"},
         "it draws random numbers, and ONNX's would be others"),
    none({"conv2d_grad_kernel", "conv2d_grad_kernel_bias", "conv2d_grad_kernel_pooled", "max_pool2d_grad",
          "max_pool2d_gather", "avg_pool2d_grad", "resize2d_grad", "affine_transform_grad",
          "conv2d_bias_act_max_pool2d_with_index", "softmax_grad"},
         "it belongs to training, and ONNX has no operator for it"),
    none({"polygamma"}, "ONNX has no operator for this function, whose series needs as many terms as its numbers ask for"),
    none({"gcd", "lcm"}, "ONNX has no operator for common divisors"),
    none({"cholesky", "eigh", "svd", "singular_values", "qr", "lu_factor", "solve", "solve_triangular", "inv", "slogdet"},
         "ONNX has no operator for this factorisation"),
    none({"hash_bins", "cross_bins"}, "ONNX has no operator for this hash"),
    none({"affine_transform"}, "ONNX has no operator for images moved by a matrix with these borders"),
    none({"irfft"}, "ONNX's transform back from half a spectrum is not what run times compute"),
    none({"reorder"}, "it is made by passes, for kernels, and no model has it"),
    none({"quantize_weights"}, "it makes weights, and belongs before a model is written"),
};

}  // namespace
}  // namespace lamina::onnx
