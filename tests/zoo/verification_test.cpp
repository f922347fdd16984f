// Error rates of pairs by hand, the table of pairs, and the network of faces on a few pictures.
#include "lamina/zoo/verification.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/data/labelled_data.h"
#include "lamina/image/picture.h"
#include "lamina/zoo/detail/face_views.h"
#include "lamina/zoo/face_info.h"
#include "lamina/zoo/face_network.h"
#include "lamina/zoo/without_head.h"
#include "tests/support/temporary_folder.h"

namespace lamina::test {
namespace {

TEST(Verification, RatesByHand) {
  // Sorted: d .1, d .2, s .3, d .4, s .5, s .6, s .7, d .05
  const PairScores scores{{0.3, 0.5, 0.6, 0.7}, {0.1, 0.2, 0.4, 0.05}};
  EXPECT_DOUBLE_EQ(equal_error_rate(scores),
                   0.25);  // from 0.5 on: one of four refused, from 0.4: one of four accepted
  EXPECT_DOUBLE_EQ(true_accept_rate(scores, 0), 0.75);
  EXPECT_DOUBLE_EQ(true_accept_rate(scores, 0.25), 1);
  EXPECT_NEAR(best_threshold(scores), 0.25, 1e-12);
}

TEST(Verification, RatesOfScoresThatAreApartAndOfEqualOnes) {
  EXPECT_DOUBLE_EQ(equal_error_rate({{0.9, 0.8}, {0.1, 0.2}}), 0);
  EXPECT_DOUBLE_EQ(true_accept_rate({{0.9, 0.8}, {0.1, 0.2}}, 0), 1);
  EXPECT_NEAR(best_threshold({{0.9, 0.8}, {0.1, 0.2}}), 0.5, 1e-12);
  EXPECT_DOUBLE_EQ(equal_error_rate({{0.5, 0.5}, {0.5, 0.5}}), 0.5);
  EXPECT_DOUBLE_EQ(equal_error_rate({{0.1, 0.2}, {0.9, 0.8}}), 1);
}

TEST(Verification, RefusesScoresThatSayNothing) {
  EXPECT_THROW(equal_error_rate({{}, {0.1}}), InvalidArgument);
  EXPECT_THROW(equal_error_rate({{0.1}, {}}), InvalidArgument);
  EXPECT_THROW(equal_error_rate({{std::nan("")}, {0.1}}), InvalidArgument);
  EXPECT_THROW(true_accept_rate({{0.9}, {0.1}}, 1.5), InvalidArgument);
}

class Pairs : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const std::string person : {"a", "b", "c", "d"}) {
      std::filesystem::create_directory(folder_ / person);
      for (int i = 1; i <= 3; ++i) {
        Picture picture{32, 32, 1, std::vector<uint8_t>(32 * 32)};
        for (size_t k = 0; k < picture.pixels.size(); ++k)
          picture.pixels[k] =
              static_cast<uint8_t>(k * static_cast<size_t>(person[0]) + static_cast<size_t>(i));
        write_file(folder_ / (person + "/" + std::to_string(i) + ".png"), encode_png(picture));
      }
    }
    put("same,image1,image2\n1,c/1.png,c/2.png\n0,c/3.png,d/1.png\r\n1,d/2.png,d/3.png\n0,c/1.png,d/2.png\n");
  }
  void put(const std::string& table) const { std::ofstream(folder_ / "test_pairs.csv") << table; }

  TemporaryFolder folder_;
};

TEST_F(Pairs, AreJudgedByAnyEmbedding) {
  EXPECT_TRUE(has_pairs(folder_.path()));
  EXPECT_FALSE(has_pairs(folder_ / "a"));
  const VerificationResult result = verify_pairs(folder_.path(), [](const auto& files) {
    std::vector<std::vector<float>> said;
    for (const auto& file : files)
      said.push_back(file.first.find("/c/") != std::string::npos ? std::vector<float>{1, 0}
                                                                 : std::vector<float>{0, 2});
    return said;
  });
  EXPECT_EQ(result.pictures, 6U);
  const auto expected = std::vector<std::pair<std::string, double>>{
      {"eer", 0}, {"tar_at_far_0.1", 1}, {"tar_at_far_0.01", 1}, {"auc", 1}, {"rank1", 1}};
  EXPECT_EQ(result.metrics, expected);
  EXPECT_THROW(verify_pairs(folder_.path(), [](const auto&) { return std::vector<std::vector<float>>(2); }),
               InvalidArgument);
  EXPECT_NE(message_of<InvalidArgument>([&] {
              verify_pairs(folder_.path(), [](const auto& files) {
                return std::vector<std::vector<float>>(files.size(), {1, std::nanf("")});
              });
            }).find("NaN"),
            std::string::npos);
}

TEST_F(Pairs, OfOnePictureAPersonHaveNoRankOne) {
  put("same,image1,image2\n1,c/1.png,c/1.png\n0,c/1.png,d/1.png\n");
  const VerificationResult result = verify_pairs(folder_.path(), [](const auto& files) {
    std::vector<std::vector<float>> said;
    for (size_t i = 0; i < files.size(); ++i) said.push_back({1, static_cast<float>(i)});
    return said;
  });
  EXPECT_EQ(result.metrics.back().first, "auc");
}

// Who judges is not learned.
TEST_F(Pairs, LeaveTheirPersonsOutOfTheTraining) {
  const LabelledData data = load_data(folder_.path(), {.needs = {.learned_from = true}});
  EXPECT_EQ(data.class_names, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(data.samples(), 6);
  put("same,image1,image2\n1,a/1.png,a/2.png\n0,b/3.png,d/1.png\n0,b/3.png,c/1.png\n");
  EXPECT_NE(message_of<FileError>([&] { load_data(folder_.path()); }).find("leaves none"), std::string::npos);
}

TEST_F(Pairs, SayWhatIsWrongWithTheirTable) {
  const auto told = [&] { return message_of<FileError>([&] { load_data(folder_.path()); }); };
  for (const auto& [table, words] :
       {std::pair{"", "no pairs"}, std::pair{"x,y\n", "line 1"},
        std::pair{"same,image1,image2\n", "no pairs"},
        std::pair{"same,image1,image2\n2,c/1.png,c/2.png\n", "line 2"},
        std::pair{"same,image1,image2\n1,c/1.png\n", "line 2"},
        std::pair{"same,image1,image2\n1,../c/1.png,c/2.png\n", "is no file in a folder"},
        std::pair{"same,image1,image2\n1,/etc/passwd,c/2.png\n", "is no file in a folder"},
        std::pair{"same,image1,image2\n1,x.png,c/2.png\n", "is no file in a folder"}}) {
    put(table);
    EXPECT_NE(told().find(words), std::string::npos) << table << told();
  }
  put("same,image1,image2\n1,c/1.png,c/9.png\n0,c/1.png,d/1.png\n");
  EXPECT_THROW(verify_pairs(folder_.path(), [](const auto&) { return std::vector<std::vector<float>>(); }),
               FileError);
}

TEST_F(Pairs, AreJudgedByAModelOfFaces) {
  Model model = face_network(2, 1, 1, {.height = 32, .width = 32, .dimensions = 8});
  const LabelledData data = load_data(folder_.path(), {.needs = {.target = TargetKind::kClassNumbers,
                                                                 .learned_from = true,
                                                                 .inputs = {{"", {-1, 32, 32, 1}}}}});
  model.fit(data.x, data.y, {.epochs = 1, .verbose = 0});
  EXPECT_EQ(verify_pairs(model, folder_.path()).metrics.size(), 5U);
  model.set_data_info({});
  EXPECT_THROW(verify_pairs(model, folder_.path()), InvalidArgument);
  EXPECT_THROW(face_network(1, 1, 1), InvalidArgument);
  EXPECT_THROW(face_network(2, 0, 1), InvalidArgument);
  EXPECT_THROW(face_network(2, 1, 1, {.height = 8}), InvalidArgument);
  EXPECT_THROW(face_network(2, 1, 1, {.networks = 0}), InvalidArgument);
}

// The embedding has mean 0 then, and pictures of one person lie closer together; what is told of classes
// stays.
TEST_F(Pairs, AreJudgedWithoutWhatTellsPicturesOfOnePersonApart) {
  Model model = face_network(2, 1, 1, {.height = 32, .width = 32, .dimensions = 8});
  const LabelledData data = load_data(folder_.path(), {.needs = {.target = TargetKind::kClassNumbers,
                                                                 .learned_from = true,
                                                                 .inputs = {{"", {-1, 32, 32, 1}}}}});
  const auto within = [&](double* mean) {
    std::vector<uint8_t> views;
    const std::vector<uint8_t> pixels = data.x.to_vector<uint8_t>();
    for (int64_t i = 0; i < 6; ++i)
      detail::append_face_views(&pixels[static_cast<size_t>(i) * 1024], 32, 32, views);
    const Model asked = without_head(model, "features").model;
    const auto rows = detail::sums_of_views(
        Model(asked).predict(Tensor::from(views, {60, 32, 32, 1})).to_vector<float>(), 6);
    double inside = 0, between = 0;
    *mean = 0;
    for (size_t k = 0; k < rows[0].size(); ++k) {
      const double first = (rows[0][k] + rows[1][k] + rows[2][k]) / 3.0,
                   second = (rows[3][k] + rows[4][k] + rows[5][k]) / 3.0;
      *mean = std::max(*mean, std::abs(first + second) / 2);
      between += (first - second) * (first - second);
      for (size_t i = 0; i < 6; ++i) inside += std::pow(rows[i][k] - (i < 3 ? first : second), 2);
    }
    return inside / between;
  };
  double mean = 0;
  const double before = within(&mean);
  EXPECT_GT(mean, 0.1);
  const std::vector<float> classes = model.predict(data.x).to_vector<float>();
  learn_face_nuisances(model, data.x, data.y);
  EXPECT_LT(within(&mean), 0.5 * before);
  EXPECT_LT(mean, 1e-3);
  EXPECT_EQ(model.predict(data.x).to_vector<float>(), classes);
  EXPECT_NE(message_of<InvalidArgument>([&] {
              learn_face_nuisances(model, data.x, Tensor::from(std::vector<int32_t>{0}, {1}));
            }).find("n persons were expected"),
            std::string::npos);
}

TEST(FaceInfo, ComesBackAndRefusesWhatCannotBe) {
  DataInfo info;
  EXPECT_FALSE(FaceInfo::of(info));
  const FaceInfo faces{"embedding", {0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1}, 0.25};
  faces.save(info);
  EXPECT_EQ(FaceInfo::of(info), faces);
  info.sections["faces"]["version"] = 2;
  EXPECT_NE(message_of<FileError>([&] { FaceInfo::of(info, "'x'"); }).find("newer"), std::string::npos);
  faces.save(info);
  info.sections["faces"]["threshold"] = 7;
  EXPECT_THROW(FaceInfo::of(info), FileError);
  faces.save(info);
  info.sections["faces"]["landmarks"] = Json::list({1});
  EXPECT_THROW(FaceInfo::of(info), FileError);
}

}  // namespace
}  // namespace lamina::test
