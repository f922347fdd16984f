// Counted in the child, by a handler that is there before main.
#include "lamina/base/detail/forks.h"

#include <pthread.h>

#include <atomic>

namespace lamina::detail {
namespace {

std::atomic<uint32_t> count{0};

[[maybe_unused]] const int registered =
    pthread_atfork(nullptr, nullptr, [] { count.fetch_add(1, std::memory_order_relaxed); });

}  // namespace

uint32_t forks() { return count.load(std::memory_order_relaxed); }

}  // namespace lamina::detail
