// Handlers of signals that come while oneDNN computes: the system puts their frames where the stack pointer
// points to, and that has to be the thread's stack. What is known of it is known of x86-64.
#include <gtest/gtest.h>

#if defined(__x86_64__)
#include <pthread.h>
#include <sys/time.h>
#include <ucontext.h>

#include <csignal>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lamina/backend/cpu/detail/onednn.h"
#include "lamina/base/detail/spin.h"
#include "lamina/base/threads.h"
#include "lamina/ops/full.h"
#include "lamina/ops/matmul.h"

namespace lamina {
namespace {

volatile sig_atomic_t came = 0, strayed = 0;
pthread_t main_thread;
const char *stack_begin = nullptr, *stack_end = nullptr;

void on_tick(int, siginfo_t*, void* context) {
  if (!pthread_equal(pthread_self(), main_thread)) return;
  const auto& registers = static_cast<const ucontext_t*>(context)->uc_mcontext.gregs;
  const auto* const at = reinterpret_cast<const char*>(registers[REG_RSP]);
  came = came + 1;
  if (at < stack_begin || at > stack_end) strayed = strayed + 1;
}

// While it lives, a signal comes to the main thread, which the tests run on, every 100 us. The handler has a
// stack of its own, so that it does no harm where it finds out that it could.
class Ticks {
 public:
  Ticks() : stack_(size_t{1} << 18) {
    main_thread = pthread_self();
    pthread_attr_t attributes;
    pthread_getattr_np(pthread_self(), &attributes);
    void* begin = nullptr;
    size_t size = 0;
    pthread_attr_getstack(&attributes, &begin, &size);
    pthread_attr_destroy(&attributes);
    stack_begin = static_cast<const char*>(begin);
    stack_end = stack_begin + size;
    came = 0;
    strayed = 0;

    stack_t stack{};
    stack.ss_sp = stack_.data();
    stack.ss_size = stack_.size();
    sigaltstack(&stack, &stack_before_);
    struct sigaction action {};
    action.sa_sigaction = on_tick;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
    sigaction(SIGALRM, &action, &action_before_);
    every(100);
  }
  ~Ticks() {
    every(0);
    sigaction(SIGALRM, &action_before_, nullptr);
    sigaltstack(&stack_before_, nullptr);
  }

 private:
  static void every(int microseconds) {
    const itimerval timer{{0, microseconds}, {0, microseconds}};
    setitimer(ITIMER_REAL, &timer, nullptr);
  }

  std::vector<char> stack_;
  stack_t stack_before_{};
  struct sigaction action_before_ {};
};

void expect_no_handler_astray(const std::function<void()>& work, const std::string& what) {
  const int threads = num_threads();
  set_num_threads(1);
  work();  // what is made once is made
  {
    const Ticks ticks;
    const int64_t give_up = detail::now_ns() + 20'000'000'000;
    while (came < 400 && detail::now_ns() < give_up) work();
  }
  set_num_threads(threads);
  EXPECT_GE(came, 400) << what;  // they are late, and not lost
  EXPECT_EQ(strayed, 0) << what;
}

TEST(SignalsAmidWork, FindTheStackInProducts) {
  struct Sizes {
    int64_t m, n, k;
  };
  // Deep ones of few rows or columns: the library multiplies them without copies, in a buffer on the heap.
  for (const auto& [m, n, k] : {Sizes{16, 128, 784}, Sizes{128, 16, 784}, Sizes{64, 64, 1000}}) {
    const std::vector<float> a(static_cast<size_t>(m * k), 0.5f), b(static_cast<size_t>(k * n), 0.25f);
    std::vector<float> c(static_cast<size_t>(m * n));
    for (const bool turned_a : {false, true}) {
      for (const bool turned_b : {false, true}) {
        expect_no_handler_astray(
            [&, m = m, n = n, k = k] {
              onednn::sgemm(turned_a, turned_b, m, n, k, a.data(), turned_a ? m : k, b.data(),
                            turned_b ? k : n, c.data(), n);
            },
            std::to_string(m) + " x " + std::to_string(n) + " x " + std::to_string(k) +
                (turned_a ? ", a transposed" : "") + (turned_b ? ", b transposed" : ""));
        EXPECT_EQ(c.front(), 0.125f * static_cast<float>(k));
        EXPECT_EQ(c.back(), 0.125f * static_cast<float>(k));
      }
    }
  }
}

TEST(SignalsAmidWork, FindTheStackInManyProducts) {
  const Tensor a = full(Shape{32, 40, 300}, 0.5).eval();
  const Tensor b = full(Shape{32, 300, 24}, 0.25).eval();
  expect_no_handler_astray([&] { matmul(a, b).eval(); }, "32 products at once");
}

TEST(SignalsAmidWork, FindTheStackInConvolutions) {
  // Padding as wide as the kernel is too much for the library's own kernels: products of matrices do it.
  const onednn::Conv conv{.batch = 2,
                          .height = 16,
                          .width = 16,
                          .channels = 42,
                          .filters = 42,
                          .kernel_height = 5,
                          .kernel_width = 5,
                          .groups = 3,
                          .out_height = 22,
                          .out_width = 22,
                          .stride_height = 1,
                          .stride_width = 1,
                          .dilation_height = 1,
                          .dilation_width = 1,
                          .top = 5,
                          .left = 5,
                          .bottom = 5,
                          .right = 5,
                          .image_block = 0,
                          .out_block = 0,
                          .bias = false,
                          .relu = false};
  std::vector<float> image(2 * 16 * 16 * 42, 0.5f), kernel(5 * 5 * 14 * 42, 0.25f),
      out(2 * 22 * 22 * 42, 1.0f);
  const auto run = [&](const std::shared_ptr<const onednn::Plan>& plan, std::vector<const void*> from,
                       void* to, const char* what) {
    ASSERT_TRUE(plan) << what;
    std::vector<float> workspace(plan->workspace() / sizeof(float) + 16);
    void* start = workspace.data();
    size_t room = workspace.size() * sizeof(float);
    start = std::align(64, plan->workspace(), start, room);
    expect_no_handler_astray([&] { plan->run(from.data(), &to, start); }, what);
  };
  run(onednn::conv_forward(conv), {image.data(), kernel.data()}, out.data(), "forward");
  run(onednn::conv_grad_input(conv), {out.data(), kernel.data()}, image.data(), "gradient of the image");
  run(onednn::conv_grad_kernel(conv), {image.data(), out.data()}, kernel.data(), "gradient of the kernel");
}

}  // namespace
}  // namespace lamina
#endif
