// Threads of a Dataset: they change no result, use ops, and end, however the loop that asks ends.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <limits>
#include <mutex>
#include <set>
#include <thread>

#include "lamina/core/compile.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/reduce.h"
#include "tests/data/dataset_support.h"

namespace lamina {
namespace {

using test::number;
using test::numbers;

// Work that ends out of order.
Element slow(Element e) {
  if (number(e) % 3 == 0) std::this_thread::sleep_for(std::chrono::microseconds(200));
  return {.x = e.x[0] * 2};
}

TEST(DatasetThreads, KeepTheOrder) {
  const std::vector<int64_t> expected = numbers(Dataset::range(0, 200, 2));
  for (const int calls : {0, 1, 2, 7, kAutotune}) {
    EXPECT_EQ(numbers(Dataset::range(100).map(slow, {.num_parallel_calls = calls})), expected) << calls;
    EXPECT_EQ(numbers(Dataset::range(100).map(slow, {.num_parallel_calls = calls}).prefetch(3)), expected);
  }
}

TEST(DatasetThreads, RunFunctionsAtOnce) {
  std::mutex mutex;
  std::set<std::thread::id> threads;
  const auto note = [&](Element e) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    const std::lock_guard lock(mutex);
    threads.insert(std::this_thread::get_id());
    return e;
  };
  numbers(Dataset::range(40).map(note, {.num_parallel_calls = 4}));
  EXPECT_EQ(threads.size(), 4u);
  EXPECT_FALSE(threads.contains(std::this_thread::get_id()));
  threads.clear();
  numbers(Dataset::range(4).map(note));
  EXPECT_EQ(threads, std::set{std::this_thread::get_id()});
}

TEST(DatasetThreads, FunctionsUseOpsAndGiveTheSameBits) {
  const Tensor weights = random_normal(random_key(1), {64, 64}).eval();
  const Dataset keys = Dataset::random({.seed = 4}).take(24);
  const auto product = [weights](Element e) {
    const Tensor x = random_normal(random_key(e.x[0].item<int64_t>()), {32, 64});
    return Element{.x = matmul(x, weights), .y = sum(x * x)};
  };
  std::vector<std::vector<float>> found;
  for (const int calls : {0, 1, 2, 7}) {
    std::vector<float> all;
    for (const Element& batch : keys.map(product, {.num_parallel_calls = calls}).batch(5).prefetch(2)) {
      for (const float value : batch.x[0].to_vector<float>()) all.push_back(value);
      for (const float value : batch.y[0].to_vector<float>()) all.push_back(value);
    }
    EXPECT_EQ(all.size(), 24u * (32 * 64 + 1));
    found.push_back(all);
  }
  for (const auto& other : found) EXPECT_EQ(other, found[0]);
}

TEST(DatasetThreads, ShareOneCompiledFunction) {
  const Function squares =
      compile([](const std::vector<Tensor>& a) { return std::vector{a[0] * a[0] + 1.0f}; });
  const auto map = [squares](Element e) { return Element{.x = squares({e.x[0]})[0]}; };
  const Tensor x = random_normal(random_key(2), {200, 16}).eval();
  const std::vector<float> expected = (x * x + 1.0f).to_vector<float>();
  for (const int calls : {0, 4}) {
    std::vector<float> found;
    for (const Element& e : Dataset::from_tensor_slices(x).map(map, {.num_parallel_calls = calls})) {
      for (const float value : e.x[0].to_vector<float>()) found.push_back(value);
    }
    EXPECT_EQ(found, expected);
  }
}

TEST(DatasetThreads, DoNotRunFarAhead) {
  std::atomic<int> calls = 0;
  Dataset dataset = Dataset::range(1000).map(
      [&calls](Element e) {
        ++calls;
        return e;
      },
      {.num_parallel_calls = 3});
  Batch batch;
  dataset.begin(0, 0);
  EXPECT_TRUE(dataset.next(batch));
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_LE(calls, 1 + 2 * 3);
}

TEST(DatasetThreads, SkippedElementsAreNotComputed) {
  std::atomic<int> calls = 0;
  const auto counting = [&calls](Element e) {
    ++calls;
    return e;
  };
  const Dataset mapped = Dataset::range(1000).map(counting, {.num_parallel_calls = 2});
  EXPECT_EQ(numbers(mapped, 0, 0, 995), (std::vector<int64_t>{995, 996, 997, 998, 999}));
  EXPECT_EQ(calls, 5);
  const Dataset shuffled = mapped.shuffle(10).batch(1).prefetch(1).repeat();
  Dataset late = shuffled.take(2996);
  calls = 0;
  EXPECT_EQ(numbers(late, 0, 3, 2990).size(), 6u);
  EXPECT_LE(calls, 10 + 6 + 2 * 2);
}

// The loop may end at any time: break, an exception of its own, a pass begun anew, or the dataset's end.
TEST(DatasetThreads, EndWithALoopThatIsAbandoned) {
  std::atomic<int> running = 0;
  const auto busy = [&running](Element e) {
    ++running;
    std::this_thread::sleep_for(std::chrono::microseconds(100));
    --running;
    return e;
  };
  const auto open = [&](Element) { return Dataset::range(50).map(busy, {.num_parallel_calls = 2}); };
  const Dataset endless = Dataset::range(1'000'000).map(busy, {.num_parallel_calls = 3});
  for (const Dataset& dataset :
       {endless, endless.prefetch(1), endless.prefetch(5).map(busy, {.num_parallel_calls = 2}).prefetch(2),
        endless.interleave(open, {.cycle_length = 3, .block_length = 2, .num_parallel_calls = 1}),
        Dataset::zip({endless, endless}).batch(2).prefetch(1)}) {
    for (const int steps : {0, 1, 7}) {
      Dataset source = dataset;
      Batch batch;
      source.begin(0, 0);
      for (int i = 0; i < steps; ++i) EXPECT_TRUE(source.next(batch));
      source.begin(1, 0);
      EXPECT_TRUE(source.next(batch));
    }
    EXPECT_EQ(running, 0);
    EXPECT_THROW(
        {
          for (const Element& element : dataset) {
            if (number(element) >= 0) throw std::runtime_error("enough");
          }
        },
        std::runtime_error);
    EXPECT_EQ(running, 0);
  }
}

TEST(DatasetThreads, EndAfterAnError) {
  std::atomic<int> running = 0;
  const auto failing = [&running](Element e) {
    ++running;
    std::this_thread::sleep_for(std::chrono::microseconds(100));
    --running;
    if (number(e) % 10 == 7) throw std::runtime_error("bad");
    return e;
  };
  for (int round = 0; round < 20; ++round) {
    Dataset dataset = Dataset::range(1000)
                          .map(failing, {.num_parallel_calls = 4})
                          .prefetch(2)
                          .map(slow, {.num_parallel_calls = 2});
    Batch batch;
    dataset.begin(0, 0);
    for (int i = 0; i < 7; ++i) EXPECT_TRUE(dataset.next(batch));
    EXPECT_THROW(dataset.next(batch), Error);
    EXPECT_EQ(running, 0);
    EXPECT_THROW(dataset.next(batch), Error);
  }
}

TEST(DatasetThreads, GeneratorsAreCalledByOneAtATime) {
  std::atomic<int> inside = 0;
  std::atomic<bool> together = false;
  const Dataset dataset = Dataset::from_generator([&] {
    return [&, i = int64_t{0}]() mutable -> std::optional<Element> {
      if (++inside > 1) together = true;
      std::this_thread::yield();
      --inside;
      if (i == 200) return std::nullopt;
      return test::ints({i++});
    };
  });
  EXPECT_EQ(numbers(dataset.map(slow, {.num_parallel_calls = 4}).prefetch(2)),
            numbers(Dataset::range(0, 400, 2)));
  EXPECT_FALSE(together);
}

TEST(DatasetThreads, CopiesRunSideBySide) {
  const Dataset dataset = Dataset::range(300).shuffle(50).map(slow, {.num_parallel_calls = 2}).cache();
  const std::vector<int64_t> expected = numbers(Dataset::range(300).shuffle(50).map(slow));
  std::vector<std::vector<int64_t>> found(3);
  std::vector<std::thread> threads;
  for (auto& result : found) {
    threads.emplace_back([&result, dataset] {
      numbers(dataset);
      result = numbers(dataset, 1);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& result : found) EXPECT_EQ(result, expected);
}

TEST(DatasetThreads, AreBounded) {
  const Dataset data = Dataset::range(20).map(slow, {.num_parallel_calls = std::numeric_limits<int>::max()});
  EXPECT_EQ(numbers(data), numbers(Dataset::range(0, 40, 2)));
}

// Whether a child of fork() ends well within half a minute.
bool child_ends_well(const std::function<void()>& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(30);
    try {
      work();
    } catch (...) {
      ::_exit(2);
    }
    ::_exit(0);
  }
  int status = 0;
  return ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST(DatasetThreads, AChildOfForkIsToldThatItHasNone) {
  for (const Dataset& data :
       {Dataset::range(1000).map(slow, {.num_parallel_calls = 3}), Dataset::range(1000).prefetch(2),
        Dataset::range(1000).map(slow, {.num_parallel_calls = 2}).batch(4).prefetch(2)}) {
    auto at = data.begin();
    ++at;
    EXPECT_TRUE(child_ends_well([&] {
      try {
        for (int i = 0; i < 100; ++i) ++at;  // a few elements may be in hand already
        ::_exit(3);
      } catch (const InvalidArgument& error) {
        if (std::string(error.what()).find("before fork()") == std::string::npos) ::_exit(4);
      }
      int count = 0;
      for (const Element& element : data) count += element.x.size() == 1;  // a pass of its own
      if (count != data.cardinality()) ::_exit(5);
      at = data.begin();  // lets go of the old one
    }));
    ++at;  // the parent goes on
  }
  // Nothing has begun yet: the child may begin.
  const Dataset data = Dataset::range(100).map(slow, {.num_parallel_calls = 3});
  EXPECT_TRUE(child_ends_well([&] {
    if (numbers(data).size() != 100) ::_exit(1);
  }));
}

}  // namespace
}  // namespace lamina
