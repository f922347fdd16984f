// What reading a .keras archive costs: time that is linear in layers and members.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>

#include "tests/support/keras_file.h"
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

// 100,000 layers in 300 KB took minutes, or did not end: each step looked at all layers before it. And the
// end of such a chain took more stack than there is.
TEST(Keras, LoadsAndAsksManyLayersInLinearTime) {
  const auto seconds = [](int count) {
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
  };
  EXPECT_LT(seconds(100000), 20.0);
  EXPECT_LT(seconds(20000), 10 * seconds(4000) + 1.0);
}

TEST(Keras, ReadsGraphsInAnyOrderInLinearTime) {
  TemporaryFolder folder;
  const Tensor x = Input({4});
  Tensor y = x;
  constexpr int kCalls = 5000;
  for (int i = 0; i < kCalls; ++i) y = Activation("relu", {.name = "l" + std::to_string(i)})(y);
  Model(x, y).save(folder / "m.keras");
  detail::KerasArchive archive = archive_of_file(folder / "m.keras");
  Json::List& layers = archive.config["config"]["layers"].as_list();
  std::reverse(layers.begin(), layers.end());
  write_file(folder / "m.keras", detail::keras_archive_bytes(archive));
  const double start = cpu_seconds();
  const Model model = load_keras(folder / "m.keras");
  EXPECT_LT(cpu_seconds() - start, 5.0);
  EXPECT_EQ(model.layers().size(), kCalls + 1u);
}

TEST(Keras, ReadsManyMembersInLinearTime) {
  TemporaryFolder folder;
  small_model().save(folder / "m.keras");
  detail::KerasArchive archive = archive_of_file(folder / "m.keras");
  for (int i = 0; i < 60000; ++i) archive.extra["lamina/" + std::to_string(i)] = "";
  write_file(folder / "m.keras", detail::keras_archive_bytes(archive));
  const double start = cpu_seconds();
  EXPECT_EQ(load_keras(folder / "m.keras").weights().size(), 4u);
  EXPECT_LT(cpu_seconds() - start, 3.0);
}

}  // namespace
}  // namespace lamina
