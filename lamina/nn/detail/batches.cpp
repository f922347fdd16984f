// Gathering batches and shuffling.
#include "lamina/nn/detail/batches.h"

#include <cstring>
#include <numeric>
#include <utility>

#include "lamina/backend/backend.h"
#include "lamina/core/compile.h"
#include "lamina/ops/random.h"

namespace lamina::detail {

Batches::Batches(const Tensor& data, int64_t batch_size) : data_(data.to(Device{})), batch_size_(batch_size) {
  data_.eval();
  source_ = static_cast<const char*>(std::as_const(*data_.buffer()).data());
  const int64_t rows = data_.shape()[0];
  row_bytes_ = rows == 0 ? 0 : data_.type().bytes() / static_cast<size_t>(rows);
}

Tensor& Batches::buffer(int64_t count) {
  Tensor& tensor = count == batch_size_ ? full_ : last_;
  if (!tensor.defined() || tensor.shape()[0] != count) {
    TensorType type = data_.type();
    type.shape.set(0, count);
    tensor = Tensor::wrap(std::make_shared<Buffer>(data_.device(), type.bytes()), type);
  }
  make_exclusive(tensor);  // who still reads an earlier batch keeps it
  return tensor;
}

const Tensor& Batches::gather(std::span<const uint32_t> rows) {
  Tensor& batch = buffer(static_cast<int64_t>(rows.size()));
  char* to = static_cast<char*>(batch.buffer()->data());
  for (const uint32_t row : rows) {
    std::memcpy(to, source_ + row * row_bytes_, row_bytes_);
    to += row_bytes_;
  }
  return batch;
}

const Tensor& Batches::range(int64_t first, int64_t count) {
  Tensor& batch = buffer(count);
  std::memcpy(batch.buffer()->data(), source_ + static_cast<size_t>(first) * row_bytes_,
              static_cast<size_t>(count) * row_bytes_);
  return batch;
}

std::vector<uint32_t> permutation(int64_t n, uint64_t seed, int epoch) {
  std::vector<uint32_t> order(static_cast<size_t>(n));
  std::iota(order.begin(), order.end(), 0u);
  if (n < 2) return order;
  const DeviceScope host{Device{}};
  const Tensor bits = random_bits(random_key(static_cast<int64_t>(seed), epoch), {n});
  const auto* random = reinterpret_cast<const uint32_t*>(bits.data<int32_t>());
  for (uint64_t i = static_cast<uint64_t>(n) - 1; i > 0; --i) {
    const uint64_t j = (random[i] * (i + 1)) >> 32;  // even to within 2^-32 * n
    std::swap(order[i], order[j]);
  }
  return order;
}

uint64_t derived_seed(uint64_t seed, uint64_t use) {
  uint64_t z = seed + 0x9e3779b97f4a7c15ull * (use + 1);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}

}  // namespace lamina::detail
