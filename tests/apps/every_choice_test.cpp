// The command line is never behind the library: every loss, metric and kind of data that the library takes
// goes through train, evaluate and predict, and means the same there.
#include <gtest/gtest.h>
#include <zlib.h>

#include <cmath>
#include <filesystem>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/base/json.h"
#include "lamina/formats/detail/zip_archive.h"
#include "lamina/formats/npy.h"
#include "lamina/formats/npz.h"
#include "lamina/image/picture.h"
#include "lamina/nn/layers/layers.h"
#include "lamina/nn/model.h"
#include "tests/support/program.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/text_npy.h"

namespace lamina {
namespace {

namespace fs = std::filesystem;
using test::Outcome;

constexpr int64_t kSamples = 6, kFeatures = 4, kClasses = 3;

class EveryChoice : public ::testing::Test {
 protected:
  EveryChoice() {
    std::vector<float> x;
    for (int64_t i = 0; i < kSamples * kFeatures; ++i) x.push_back(0.25f * static_cast<float>((i * 7) % 9));
    x_ = Tensor::from(x, Shape{kSamples, kFeatures});
  }
  Outcome run(const std::vector<std::string>& arguments) const {
    return test::run_lamina(folder_.path(), arguments, {"OMP_WAIT_POLICY=passive", "OMP_NUM_THREADS=1"});
  }
  std::string file(const std::string& name) const { return folder_ / name; }

  // Labels 0, 1, 2 or, for one output, 0 and 1.
  std::vector<int64_t> labels(int64_t outputs) const {
    std::vector<int64_t> y;
    for (int64_t i = 0; i < kSamples; ++i) y.push_back(i % (outputs == 1 ? 2 : kClasses));
    return y;
  }
  Sequential network(int64_t outputs) const {
    return Sequential({Input({kFeatures}), Dense(static_cast<int>(outputs),
                                                 {.activation = outputs == 1 ? "sigmoid" : "softmax"})},
                      {.seed = 3});
  }
  // Targets as the loss takes them, made by hand.
  Tensor targets(TargetKind kind, int64_t outputs) const {
    const std::vector<int64_t> y = labels(outputs);
    if (outputs > 1 && kind != TargetKind::kClassNumbers) {
      std::vector<float> rows(static_cast<size_t>(kSamples * outputs));
      for (size_t i = 0; i < y.size(); ++i)
        rows[i * static_cast<size_t>(outputs) + static_cast<size_t>(y[i])] = 1;
      return Tensor::from(rows, Shape{kSamples, outputs});
    }
    return Tensor::from(std::vector<float>(y.begin(), y.end()),
                        kind == TargetKind::kYesNo ? Shape{kSamples, 1} : Shape{kSamples});
  }

  // All three commands on `data`, against what the library says of the model.
  void expect_same(Model& model, const Tensor& y, const std::string& data, const std::string& what) const {
    SCOPED_TRACE(what);
    const Logs expected = model.evaluate(x_, y, {.batch_size = 256, .verbose = 0});
    model.save(file("m.keras"));
    const Outcome judged = run({"evaluate", "m.keras", "--data", data, "--json"});
    ASSERT_EQ(judged.status, 0) << judged.err;
    const Json metrics = Json::parse(judged.out).at("metrics");
    ASSERT_EQ(metrics.size(), expected.items().size());
    for (const auto& [name, value] : expected.items()) {
      const Json& judged_by = metrics.at(name);
      const std::optional<std::vector<double>> row = expected.find_row(name);
      ASSERT_EQ(judged_by.is_list(), row.has_value()) << name;
      if (!row) {
        ASSERT_TRUE(judged_by.is_number()) << name;
        EXPECT_NEAR(judged_by.as_double(), value, 1e-6) << name;
        continue;
      }
      ASSERT_EQ(judged_by.size(), row->size()) << name;
      for (size_t i = 0; i < row->size(); ++i) EXPECT_NEAR(judged_by.at(i).as_double(), (*row)[i], 1e-6) << name;
    }
    const Outcome asked = run({"predict", "m.keras", data, "--json"});
    EXPECT_EQ(asked.status, 0) << asked.err;
    EXPECT_EQ(asked.lines().size(), static_cast<size_t>(kSamples));
    const Outcome trained =
        run({"train", "m.keras", "--data", data, "--out", "t.keras", "--run-dir", "notes", "--json"});
    EXPECT_EQ(trained.status, 0) << trained.err;
    const Outcome again = run({"evaluate", "t.keras", "--data", data});
    EXPECT_EQ(again.status, 0) << again.err;
    for (const char* name : {"t.keras", "t.checkpoint.keras"}) fs::remove(file(name));
  }

  test::TemporaryFolder folder_;
  Tensor x_;
};

TEST_F(EveryChoice, OfLosses) {
  std::vector<std::string> names = Registry<Loss>::names();
  names.insert(names.end(), {"crossentropy", "CE"});
  int checked = 0;
  for (const std::string& name : names) {
    if (name == "CTC" || name == "ctc") continue;  // of sequences, which such data are not
    if (name == "DetectionLoss") continue;          // of boxes
    for (const int64_t outputs : {int64_t{1}, kClasses}) {
      const TargetKind kind = target_kind_of(Choice<Loss>(name), Shape{-1, outputs});
      ASSERT_NE(kind, TargetKind::kUnknown) << name << " does not say what it compares";
      const bool of_classes = kind == TargetKind::kClassNumbers || kind == TargetKind::kClassRows;
      // One column of labels gives several values to no regression, and one class to no classification.
      if (of_classes ? outputs == 1 : kind == TargetKind::kValues && outputs > 1) continue;
      Sequential model = network(outputs);
      model.compile({.optimizer = "sgd", .loss = name, .metrics = {"accuracy"}});
      const std::vector<int64_t> y = labels(outputs);
      write_npz(file("d.npz"), {{"x", x_}, {"y", Tensor::from(y, Shape{kSamples})}});
      const Tensor wanted = kind == TargetKind::kClassNumbers
                                ? Tensor::from(std::vector<int32_t>(y.begin(), y.end()), Shape{kSamples})
                                : targets(kind, outputs);
      expect_same(model, wanted, "d.npz", name + " with " + std::to_string(outputs) + " outputs");
      ++checked;
    }
  }
  EXPECT_GE(checked, 10);
}

TEST_F(EveryChoice, OfMetrics) {
  std::vector<std::string> names = Registry<Metric>::names();
  names.push_back("accuracy");
  // They take values, or have an argument that a name does not give.
  const std::set<std::string> others{"Mean",
                                     "mean",
                                     "Sum",
                                     "sum",
                                     "SensitivityAtSpecificity",
                                     "SpecificityAtSensitivity",
                                     "PrecisionAtRecall",
                                     "RecallAtPrecision",
                                     "IoU",
                                     "MeanIoU",
                                     "OneHotIoU",
                                     "OneHotMeanIoU"};
  int checked = 0;
  for (const std::string& name : names) {
    bool fits_somewhere = false;
    for (const char* loss : {"mse", "binary_crossentropy", "sparse_categorical_crossentropy",
                             "categorical_crossentropy", "crossentropy"}) {
      const bool one = std::string(loss) == "mse" || std::string(loss) == "binary_crossentropy";
      const int64_t outputs = one ? 1 : kClasses;
      const TargetKind kind = target_kind_of(Choice<Loss>(loss), Shape{-1, outputs});
      const std::vector<int64_t> y = labels(outputs);
      const Tensor wanted = kind == TargetKind::kClassNumbers
                                ? Tensor::from(std::vector<int32_t>(y.begin(), y.end()), Shape{kSamples})
                                : targets(kind, outputs);
      Sequential model = network(outputs);
      try {
        model.compile({.optimizer = "sgd", .loss = loss, .metrics = {name}});
        bool finite = true;
        for (const auto& [log, value] : model.evaluate(x_, wanted, {.verbose = 0}).items())
          finite = finite && std::isfinite(value);
        if (!finite) continue;
      } catch (const InvalidArgument&) {
        continue;  // not for such targets, says the library, too
      }
      fits_somewhere = true;
      write_npz(file("d.npz"), {{"x", x_}, {"y", Tensor::from(y, Shape{kSamples})}});
      expect_same(model, wanted, "d.npz", name + " beside " + loss);
      ++checked;
      break;  // one loss that it goes with is enough
    }
    EXPECT_TRUE(fits_somewhere || others.contains(name)) << name;
  }
  EXPECT_GE(checked, 8);
}

TEST_F(EveryChoice, OfData) {
  const std::vector<int64_t> y = labels(kClasses);
  const Tensor numbers = Tensor::from(std::vector<int32_t>(y.begin(), y.end()), Shape{kSamples});
  const std::vector<float> values = x_.to_vector<float>();
  const std::vector<std::string> words = {"ant", "bee", "cat"};
  const auto table = [&](const std::string& separator, bool with_words) {
    std::string text = "a" + separator + "b" + separator + "c" + separator + "d" + separator + "label\n";
    for (size_t i = 0; i < y.size(); ++i) {
      for (size_t k = 0; k < 4; ++k) text += std::to_string(values[4 * i + k]) + separator;
      text += (with_words ? words[static_cast<size_t>(y[i])] : std::to_string(y[i])) + "\n";
    }
    return text;
  };
  const auto npz = [&](const std::string& labels_file) {
    detail::ZipWriter zip;
    zip.add("x.npy", npy_bytes(x_));
    zip.add("y.npy", labels_file);
    return zip.finish();
  };
  const auto gz = [&](const std::string& name, const std::string& text) {
    gzFile out = gzopen(file(name).c_str(), "wb");
    gzwrite(out, text.data(), static_cast<unsigned>(text.size()));
    gzclose(out);
  };
  std::vector<std::string> names;
  for (const int64_t label : y) names.push_back(words[static_cast<size_t>(label)]);
  write_file(file("numbers.csv"), table(",", false));
  write_file(file("words.csv"), table(",", true));
  write_file(file("semicolons.csv"), table(";", true));
  write_file(file("tabs.tsv"), table("\t", false));
  gz("packed.csv.gz", table(",", true));
  gz("packed.tsv.gz", table("\t", false));
  write_file(file("int64.npz"), npz(npy_bytes(Tensor::from(y, Shape{kSamples}))));
  write_file(file("uint8.npz"),
             npz(npy_bytes(Tensor::from(std::vector<uint8_t>(y.begin(), y.end()), Shape{kSamples}))));
  write_file(file("column.npz"), npz(npy_bytes(Tensor::from(y, Shape{kSamples, 1}))));
  write_file(file("words.npz"), npz(test::text_npy(names)));
  for (const char* loss : {"sparse_categorical_crossentropy", "categorical_crossentropy", "crossentropy"}) {
    const TargetKind kind = target_kind_of(Choice<Loss>(loss), Shape{-1, kClasses});
    const Tensor wanted = kind == TargetKind::kClassNumbers ? numbers : targets(kind, kClasses);
    for (const char* data : {"numbers.csv", "words.csv", "semicolons.csv", "tabs.tsv", "packed.csv.gz",
                             "packed.tsv.gz", "int64.npz", "uint8.npz", "column.npz", "words.npz"}) {
      if (std::string(loss) != "categorical_crossentropy" && std::string(data) != "words.csv") continue;
      Sequential model = network(kClasses);
      model.compile({.optimizer = "sgd", .loss = loss, .metrics = {"accuracy"}});
      expect_same(model, wanted, data, std::string(data) + " for " + loss);
    }
  }
}

TEST_F(EveryChoice, OfPictures) {
  // Three grey values in pictures of 2 x 2, as a folder for each class, in parts, and as IDX files.
  std::vector<uint8_t> bytes;
  std::string labels_idx;
  for (const char* part : {"train", "test"}) {
    for (int i = 0; i < 6; ++i) {
      const auto value = static_cast<uint8_t>(40 * i);
      const std::string name = std::to_string(i % 3) + "/" + std::to_string(i) + ".png";
      for (const std::string& folder : {std::string("flat/"), "parts/" + std::string(part) + "/"}) {
        fs::create_directories(file(folder + std::to_string(i % 3)));
        write_file(file(folder + name), encode_png({2, 2, 1, {value, value, value, value}}));
      }
      if (std::string(part) == "train") continue;
      bytes.insert(bytes.end(), 4, value);
      labels_idx += static_cast<char>(i % 3);
    }
  }
  fs::create_directory(file("idx"));
  for (const char* stem : {"train", "t10k"}) {
    write_file(file("idx/" + std::string(stem) + "-images-idx3-ubyte"),
               std::string{0, 0, 8, 3, 0, 0, 0, 6, 0, 0, 0, 2, 0, 0, 0, 2} +
                   std::string(bytes.begin(), bytes.end()));
    write_file(file("idx/" + std::string(stem) + "-labels-idx1-ubyte"),
               std::string{0, 0, 8, 1, 0, 0, 0, 6} + labels_idx);
  }
  Sequential model({Input({2, 2, 1}), Flatten(), Dense(3, {.activation = "softmax"})}, {.seed = 3});
  model.compile({.optimizer = "sgd", .loss = "crossentropy", .metrics = {"accuracy"}});
  model.save(file("m.keras"));
  std::string first;
  for (const char* data : {"idx:test", "flat", "parts:test", "parts"}) {
    SCOPED_TRACE(data);
    const Outcome judged = run({"evaluate", "m.keras", "--data", data, "--json"});
    ASSERT_EQ(judged.status, 0) << judged.err;
    const Json metrics = Json::parse(judged.out).at("metrics");
    if (first.empty()) first = judged.out;
    EXPECT_NEAR(metrics.at("loss").as_double(), Json::parse(first).at("metrics").at("loss").as_double(),
                1e-6);
    EXPECT_EQ(run({"predict", "m.keras", data, "--json"}).lines().size(), 6u);
  }
  for (const char* data : {"idx", "flat", "parts"}) {
    SCOPED_TRACE(data);
    const Outcome trained =
        run({"train", "m.keras", "--data", data, "--out", std::string(data) + ".keras", "--json"});
    ASSERT_EQ(trained.status, 0) << trained.err;
    const bool has_test = std::string(data) != "flat";
    EXPECT_EQ(Json::parse(trained.lines().back()).at("metrics_of").as_string(),
              has_test ? "test" : "training");
  }
}

}  // namespace
}  // namespace lamina
