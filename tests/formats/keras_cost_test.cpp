// What reading a .keras archive costs: time that is linear in layers and members.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>

#include "tests/support/keras_file.h"
#include "tests/support/sanitized.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

using test::archive_of_file;
using test::small_model;
using test::TemporaryFolder;

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec) + 1e-6 * static_cast<double>(usage.ru_utime.tv_usec);
}

// Five times as much may cost ten times as much, and not the 25 times of what looks at all pairs: of what it
// costs in this build on this machine. `cost(count)`: seconds of the processor.
template <class Cost>
void expect_linear(int count, Cost&& cost) {
  if (test::kSanitized) count /= 5;
  const double one = cost(count);
  constexpr double kSomething = 0.05;  // what is too short to be compared
  EXPECT_LT(cost(5 * count), 10 * std::max(one, kSomething));
}

double load_and_ask_layers(int count) {
  TemporaryFolder folder;
  Sequential two({Input({4}), Activation("relu", {.name = "first"})});
  two.save(folder / "m.keras");
  detail::KerasArchive archive = archive_of_file(folder / "m.keras");
  Json::List& layers = archive.config["config"]["layers"].as_list();
  const Json layer = layers.back();
  layers.pop_back();
  for (int i = 0; i < count; ++i) {
    layers.push_back(layer);
    layers.back()["config"]["name"] = "l" + std::to_string(i);
  }
  write_file(folder / "m.keras", detail::keras_archive_bytes(archive));
  const double start = cpu_seconds();
  Model model = load_keras(folder / "m.keras");
  const Tensor y = model.predict(Tensor::from<float>({1, -2, 3, -4}, {1, 4}));
  EXPECT_EQ(y.to_vector<float>(), (std::vector<float>{1, 0, 3, 0}));
  model.save(folder / "n.keras");
  return cpu_seconds() - start;
}

TEST(Keras, LoadsAndAsksManyLayersInLinearTime) { expect_linear(4000, load_and_ask_layers); }

// The end of such a chain took more stack than there is.
TEST(Keras, LoadsAndAsksChainsLongerThanTheStack) { load_and_ask_layers(test::kSanitized ? 20000 : 100000); }

TEST(Keras, ReadsGraphsInAnyOrderInLinearTime) {
  expect_linear(1000, [](int count) {
    TemporaryFolder folder;
    const Tensor x = Input({4});
    Tensor y = x;
    for (int i = 0; i < count; ++i) y = Activation("relu", {.name = "l" + std::to_string(i)})(y);
    Model(x, y).save(folder / "m.keras");
    detail::KerasArchive archive = archive_of_file(folder / "m.keras");
    Json::List& layers = archive.config["config"]["layers"].as_list();
    std::reverse(layers.begin(), layers.end());
    write_file(folder / "m.keras", detail::keras_archive_bytes(archive));
    const double start = cpu_seconds();
    const Model model = load_keras(folder / "m.keras");
    const double cost = cpu_seconds() - start;
    EXPECT_EQ(model.layers().size(), static_cast<size_t>(count) + 1);
    return cost;
  });
}

TEST(Keras, ReadsManyMembersInLinearTime) {
  expect_linear(12000, [](int count) {
    TemporaryFolder folder;
    small_model().save(folder / "m.keras");
    detail::KerasArchive archive = archive_of_file(folder / "m.keras");
    for (int i = 0; i < count; ++i) archive.extra["lamina/" + std::to_string(i)] = "";
    write_file(folder / "m.keras", detail::keras_archive_bytes(archive));
    const double start = cpu_seconds();
    EXPECT_EQ(load_keras(folder / "m.keras").weights().size(), 4u);
    return cpu_seconds() - start;
  });
}

}  // namespace
}  // namespace lamina
