// Tests of texts hashed into bins; Keras's numbers are in tests/golden/formats/preprocessing/text_hashed*.
#include "lamina/text/text_hashing.h"

#include <gtest/gtest.h>

#include "lamina/base/error.h"
#include "lamina/ops/hash_bins.h"
#include "lamina/text/text_preprocessing.h"
#include "tests/support/temporary_folder.h"

namespace lamina::test {
namespace {

TEST(TextHashing, NumbersHaveTheBinsOfTheirDigits) {
  for (const std::vector<int64_t>& salt : {std::vector<int64_t>(), std::vector<int64_t>{133, 137}}) {
    const Tensor numbers = hash_bins(Tensor::from<int64_t>({0, -12, 123456789012345}), 1000, salt);
    EXPECT_EQ(TextHashing(1000, {.salt = salt})({"0", "-12", "123456789012345"}).to_vector<int64_t>(), numbers.to_vector<int64_t>());
  }
}

TEST(TextHashing, ATextThatMeansNothingHasBin0Alone) {
  const TextHashing hashing(3, {.mask_value = "none"});
  const std::vector<int64_t> bins = hashing({"none", "a", "b", "c", "d", ""}).to_vector<int64_t>();
  EXPECT_EQ(bins[0], 0);
  for (size_t i = 1; i < bins.size(); ++i) EXPECT_TRUE(bins[i] == 1 || bins[i] == 2) << bins[i];
}

TEST(TextHashing, IsSaved) {
  const TextPreprocessing texts(TextHashing(7, {.mask_value = "none", .salt = {1, -2}}));
  const TextPreprocessing again(texts.info());
  EXPECT_EQ(texts.info(), again.info());
  EXPECT_EQ(texts({"none", "a", "b"}).to_vector<int64_t>(), again({"none", "a", "b"}).to_vector<int64_t>());
}

TEST(TextHashing, RefusesWhatCannotBe) {
  EXPECT_NE(message_of<InvalidArgument>([] { TextHashing(0); }).find("num_bins is 0"), std::string::npos);
  EXPECT_NE(message_of<InvalidArgument>([] { TextHashing(2, {.salt = {1}}); }).find("two numbers"), std::string::npos);
  const Json wrong = Json::object({{"class_name", "Hashing"}, {"config", Json::object({{"num_bins", 3}, {"mask_value", 4}})}});
  EXPECT_NE(message_of<FileError>([&] { TextHashing::from_json(wrong); }).find("mask_value"), std::string::npos);
}

}  // namespace
}  // namespace lamina::test
