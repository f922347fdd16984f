// .classic files: every estimator comes back the same, and damaged files are refused.
#include "lamina/formats/classic.h"

#include <gtest/gtest.h>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/classic/forest.h"
#include "lamina/classic/pipeline.h"
#include "lamina/classic/preprocessing.h"
#include "lamina/classic/svm.h"
#include "lamina/formats/detail/zip_archive.h"
#include "lamina/formats/npy.h"
#include "lamina/formats/npz.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

Tensor x() {
  std::vector<float> values;
  for (int i = 0; i < 90; ++i) values.push_back(static_cast<float>((i * 37 + i * i * 11) % 23));
  return Tensor::from(values, {30, 3});
}
Tensor y() {
  std::vector<int32_t> labels;
  for (int i = 0; i < 30; ++i) labels.push_back(10 * ((i * 7 + i * i) % 3));
  return Tensor::from(labels, {30});
}

TEST(ClassicFile, HoldsEveryPredictor) {
  const test::TemporaryFolder folder;
  for (const char* name : {"DecisionTreeClassifier", "DecisionTreeRegressor", "RandomForestClassifier",
                           "RandomForestRegressor", "GradientBoostingClassifier", "GradientBoostingRegressor",
                           "LinearRegression", "Ridge", "LogisticRegression", "LinearSVC", "SVC",
                           "KNeighborsClassifier", "KNeighborsRegressor", "GaussianNB", "MultinomialNB"}) {
    SCOPED_TRACE(name);
    const auto model = std::dynamic_pointer_cast<classic::Predictor>(classic::Estimator::make(name));
    if (model->params().contains("n_estimators")) model->set_params(Json::object({{"n_estimators", 5}}));
    EXPECT_THROW(save_classic(*model, folder / "model.classic"), InvalidArgument);
    model->fit(x(), y());
    save_classic(*model, folder / "model.classic");
    const auto loaded = load_predictor(folder / "model.classic");
    EXPECT_EQ(loaded->params(), model->params());
    EXPECT_EQ(loaded->classes(), model->classes());
    EXPECT_EQ(loaded->predict(x()).to_vector<float>(), model->predict(x()).to_vector<float>());
    EXPECT_EQ(classic_bytes(*loaded), classic_bytes(*model));
  }
}

TEST(ClassicFile, HoldsPipelinesAndTransformers) {
  using namespace classic;
  const test::TemporaryFolder folder;
  Pipeline model({{"columns", std::make_shared<ColumnTransformer>(std::vector<ColumnStep>{
                                  {"fill", std::make_shared<SimpleImputer>(), {0, 2}},
                                  {"codes", std::make_shared<OneHotEncoder>(), {1}}})},
                  {"scale", std::make_shared<StandardScaler>()},
                  {"range", std::make_shared<MinMaxScaler>()},
                  {"svm", std::make_shared<SVC>()}});
  model.fit(x(), y());
  save_classic(model, folder / "model.classic");
  const auto loaded = load_predictor(folder / "model.classic");
  EXPECT_EQ(loaded->decision_function(x()).to_vector<float>(),
            model.decision_function(x()).to_vector<float>());
  // Every array is there for NumPy, too.
  EXPECT_EQ(read_npz(folder / "model.classic").at("1/mean").size(), 14);
  StandardScaler scaler;
  scaler.fit(x());
  save_classic(scaler, folder / "scaler.classic");
  EXPECT_EQ(load_classic(folder / "scaler.classic")->class_name(), "StandardScaler");
  EXPECT_THROW(load_predictor(folder / "scaler.classic"), FileError);
}

// The file's members, changed and put together again.
std::string changed(const std::string& bytes, const std::string& member, const std::string& content) {
  const detail::ZipReader reader(bytes, "test");
  detail::ZipWriter writer;
  for (const std::string& name : reader.members())
    writer.add(name, name == member ? content : reader.read(name));
  return writer.finish();
}

void expect_refused(const std::string& bytes, const std::string& words) {
  try {
    parse_classic(bytes, "model.classic");
    ADD_FAILURE() << "was read; expected '" << words << "'";
  } catch (const FileError& error) {
    EXPECT_NE(std::string(error.what()).find(words), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("model.classic"), std::string::npos) << error.what();
  }
}

TEST(ClassicFile, IsNotTrusted) {
  classic::RandomForestClassifier forest({.n_estimators = 2});
  const std::string bytes = classic_bytes(forest.fit(x(), y()));
  const detail::ZipReader reader(bytes, "test");
  const std::string json = reader.read("estimator.json");
  const auto with_json = [&](const std::string& from, const std::string& to) {
    std::string text = json;
    const size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return changed(bytes, "estimator.json", text.replace(at, from.size(), to));
  };
  const auto with_array = [&](const char* name, const Tensor& array) {
    return changed(bytes, std::string(name) + ".npy", npy_bytes(array));
  };
  expect_refused("", "");
  expect_refused(bytes.substr(0, bytes.size() / 2), "");
  expect_refused(with_json("lamina.classic", "lamina.other"), "is no .classic file");
  expect_refused(with_json("\"version\": 1", "\"version\": 2"), "version 2");
  expect_refused(with_json("RandomForestClassifier", "RandomForrestClassifier"), "RandomForestClassifier");
  expect_refused(with_json("\"n_estimators\": 2", "\"n_estimators\": 3"), "n_estimators");
  expect_refused(with_json("\"n_features_in\": 3", "\"n_features_in\": -3"), "n_features_in");
  expect_refused(with_json("\"n_features_in\": 3", "\"n_features_in\": 2"), "");
  const Tensor feature = parse_npy(reader.read("feature.npy"), "feature"),
               right = parse_npy(reader.read("right.npy"), "right");
  std::vector<int32_t> features = feature.to_vector<int32_t>(), children = right.to_vector<int32_t>();
  features[0] = 3;
  expect_refused(with_array("feature", Tensor::from(features, feature.shape())), "leads nowhere");
  for (const int32_t child : {0, 1, 1 << 30}) {  // a walk that never ends, or that leaves the tree
    children[0] = child;
    expect_refused(with_array("right", Tensor::from(children, right.shape())), "leads nowhere");
  }
  expect_refused(with_array("feature", Tensor::from({1, 2})), "must be");
  expect_refused(with_array("threshold", right), "float64");
  expect_refused(with_array("roots", Tensor::from(std::vector<int64_t>{0, 5}, {2})), "roots");
  expect_refused(with_array("classes", Tensor::from({3, 1, 2})), "ascending");
}

}  // namespace
}  // namespace lamina
