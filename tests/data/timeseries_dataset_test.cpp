// Windows, against keras.utils.timeseries_dataset_from_array (tools/golden/series.py).
#include "lamina/data/timeseries_dataset.h"

#include <gtest/gtest.h>

#include <numeric>

#include "lamina/base/error.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/reshape.h"
#include "tests/support/golden.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

using test::message_of;

Tensor counting(const Shape& shape, float factor = 1) {
  std::vector<float> values(static_cast<size_t>(shape.size()));
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i) * factor;
  return Tensor::from(values, shape);
}

void expect_batch(const Tensor& actual, const Json& expected, const std::string& what) {
  std::vector<int64_t> shape, values;
  for (const Json& extent : expected.at(0).as_list()) shape.push_back(extent.as_int());
  for (const Json& value : expected.at(1).as_list()) values.push_back(value.as_int());
  EXPECT_EQ(actual.shape(), Shape(shape)) << what;
  EXPECT_EQ(actual.to_vector<int64_t>(), values) << what;
}

TimeseriesDatasetOptions options_of(const Json& json) {
  TimeseriesDatasetOptions options;
  for (const auto& [key, value] : json.as_object()) {
    if (key == "sequence_stride") options.sequence_stride = value.as_int();
    if (key == "sampling_rate") options.sampling_rate = value.as_int();
    if (key == "batch_size") options.batch_size = value.is_null() ? 0 : value.as_int();
    if (key == "start_index") options.start_index = value.as_int();
    if (key == "end_index") options.end_index = value.as_int();
  }
  return options;
}

TEST(TimeseriesDataset, CutsWhatKerasCuts) {
  const test::Golden golden("series/windows");
  const Json all = golden.json("cases");
  ASSERT_GE(all.size(), 8u);
  for (const auto& [name, one] : all.as_object()) {
    const int64_t steps = one.at("steps").as_int();
    const bool targets = one.at("targets").as_bool();
    const Dataset dataset =
        timeseries_dataset_from_array(counting({steps, 2}), targets ? counting({steps}, 10) : Tensor(),
                                      one.at("length").as_int(), options_of(one.at("options")));
    size_t batch = 0;
    for (const Element& element : dataset) {
      ASSERT_LT(batch, one.at("x").size()) << name;
      expect_batch(element.x[0], one.at("x").at(batch), name);
      if (targets) expect_batch(element.y[0], one.at("y").at(batch), name);
      EXPECT_EQ(element.y.empty(), !targets) << name;
      ++batch;
    }
    EXPECT_EQ(batch, one.at("x").size()) << name;
  }
}

TEST(TimeseriesDataset, ShufflesWindowsBySeedAndPass) {
  const auto firsts = [](Dataset dataset, int epoch) {
    std::vector<float> values;
    dataset.begin(epoch, 3);
    for (Batch batch; dataset.next(batch);) {
      const auto x = batch.x[0].to_vector<float>(), y = batch.y[0].to_vector<float>();
      for (size_t i = 0; i < y.size(); ++i) {
        EXPECT_EQ(y[i], 10 * x[2 * i]);  // still its own target
        values.push_back(x[2 * i]);
      }
    }
    return values;
  };
  const Dataset dataset = timeseries_dataset_from_array(counting({40}), counting({40}, 10), 2,
                                                        {.batch_size = 8, .shuffle = true});
  const std::vector<float> one = firsts(dataset, 0), again = firsts(dataset, 0), next = firsts(dataset, 1);
  EXPECT_EQ(one, again);
  EXPECT_NE(one, next);
  std::vector<float> sorted = one, all(39);
  std::sort(sorted.begin(), sorted.end());
  std::iota(all.begin(), all.end(), 0.0f);
  EXPECT_EQ(sorted, all);
}

TEST(TimeseriesDataset, RefusesWhatCannotBe) {
  const Tensor x = counting({5});
  EXPECT_NE(message_of<InvalidArgument>([&] {
              timeseries_dataset_from_array(x, x, 6);
            }).find("a window covers 6 time steps; there are 5"),
            std::string::npos);
  EXPECT_THROW(timeseries_dataset_from_array(x, x, 0), InvalidArgument);
  EXPECT_THROW(timeseries_dataset_from_array(x, x, 2, {.sequence_stride = 0}), InvalidArgument);
  EXPECT_THROW(timeseries_dataset_from_array(x, x, 2, {.sampling_rate = -1}), InvalidArgument);
  EXPECT_THROW(timeseries_dataset_from_array(x, x, 2, {.batch_size = -1}), InvalidArgument);
  EXPECT_THROW(timeseries_dataset_from_array(x, x, 2, {.start_index = 4, .end_index = 9}), InvalidArgument);
  EXPECT_THROW(timeseries_dataset_from_array(Tensor(), x, 2), InvalidArgument);
}

TEST(SlidingWindows, AreAllOfTheSeries) {
  const Tensor windows = sliding_windows(counting({5, 2}), 3);
  EXPECT_EQ(windows.shape(), (Shape{3, 3, 2}));
  EXPECT_EQ(windows.to_vector<int>(),
            (std::vector<int>{0, 1, 2, 3, 4, 5, 2, 3, 4, 5, 6, 7, 4, 5, 6, 7, 8, 9}));
  EXPECT_NE(message_of<InvalidArgument>([] { sliding_windows(counting({3}), 4); }).find("does not fit"),
            std::string::npos);
}

}  // namespace
}  // namespace lamina
