// CPU kernels of hash_bins and cross_bins, by the hashes of texts and TensorFlow's FingerprintCat64.
#include <array>
#include <charconv>
#include <memory>
#include <string_view>
#include <vector>

#include "lamina/graph/op.h"
#include "lamina/ops/detail/text_hash.h"
#include "lamina/ops/hash_bins.h"

namespace lamina {
namespace {

uint64_t cat(uint64_t so_far, uint64_t next) {
  constexpr uint64_t kFactor = 0xc6a4a7935bd1e995;
  const uint64_t both = ((so_far ^ kFactor) ^ (detail::folded_hash(next * kFactor) * kFactor)) * kFactor;
  return detail::folded_hash(detail::folded_hash(both) * kFactor);
}

std::unique_ptr<Kernel> prepare_hash(const KernelDesc& desc) {
  return make_kernel([attrs = desc.attrs.as<HashBinsAttrs>(),
                      count = desc.inputs[0].type.shape.size()](const KernelArgs& args) {
    const int64_t* x = args.input<int64_t>(0);
    int64_t* out = args.output<int64_t>(0);
    const auto bins = static_cast<uint64_t>(attrs.bins);
    std::array<char, 24> digits{};
    for (int64_t i = 0; i < count; ++i) {
      const char* end = std::to_chars(digits.data(), digits.data() + digits.size(), x[i]).ptr;
      const std::string_view text(digits.data(), static_cast<size_t>(end - digits.data()));
      out[i] = static_cast<int64_t>(detail::text_hash(text, attrs.salt) % bins);
    }
  });
}

std::unique_ptr<Kernel> prepare_cross(const KernelDesc& desc) {
  return make_kernel([bins = desc.attrs.as<CrossBinsAttrs>().bins, tensors = desc.inputs.size(),
                      count = desc.inputs[0].type.shape.size()](const KernelArgs& args) {
    int64_t* out = args.output<int64_t>(0);
    for (int64_t i = 0; i < count; ++i) {
      uint64_t hash = 0xdecafcaffe;  // TensorFlow's where nobody gives a key
      for (size_t k = 0; k < tensors; ++k) hash = cat(hash, static_cast<uint64_t>(args.input<int64_t>(k)[i]));
      out[i] = static_cast<int64_t>(hash % static_cast<uint64_t>(bins));
    }
  });
}

const KernelRegistration hash_kernels("hash_bins", DeviceKind::kCpu,
                                      {{.name = "reference", .prepare = prepare_hash}});
const KernelRegistration cross_kernels("cross_bins", DeviceKind::kCpu,
                                       {{.name = "reference", .prepare = prepare_cross}});

}  // namespace
}  // namespace lamina
