// pad_sequences and CsrMatrix: shapes, ends, and what does not fit.
#include "lamina/text/pad_sequences.h"

#include <gtest/gtest.h>

#include "lamina/base/error.h"
#include "lamina/text/csr_matrix.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

using test::message_of;
using Sequences = std::vector<std::vector<int32_t>>;

TEST(PadSequences, FillsAndCutsAtTheEndThatIsAskedFor) {
  const Sequences sequences = {{1}, {2, 3}, {4, 5, 6}, {}};
  const auto rows = [&](const PadSequencesOptions& options) {
    const Tensor x = pad_sequences(sequences, options);
    EXPECT_EQ(x.dtype(), DType::kInt32);
    return x.to_vector<int>();
  };
  EXPECT_EQ(rows({}), (std::vector<int>{0, 0, 1, 0, 2, 3, 4, 5, 6, 0, 0, 0}));
  EXPECT_EQ(rows({.padding = "post", .value = -1}),
            (std::vector<int>{1, -1, -1, 2, 3, -1, 4, 5, 6, -1, -1, -1}));
  EXPECT_EQ(rows({.maxlen = 2}), (std::vector<int>{0, 1, 2, 3, 5, 6, 0, 0}));
  EXPECT_EQ(rows({.maxlen = 2, .truncating = "post"}), (std::vector<int>{0, 1, 2, 3, 4, 5, 0, 0}));
  EXPECT_EQ(pad_sequences(Sequences{{}, {}}).shape(), (Shape{2, 0}));
  EXPECT_EQ(pad_sequences({{1, 2}, {3}}).to_vector<int>(), (std::vector<int>{1, 2, 0, 3}));
  EXPECT_EQ(pad_sequences(Sequences{}, {.maxlen = 3}).shape(), (Shape{0, 3}));
}

TEST(PadSequences, KeepsNumbersAsTheDtypeHasThem) {
  const Tensor floats = pad_sequences({{1.5f}, {2.25f, -3.0f}}, {.dtype = DType::kFloat32, .value = 0.5});
  EXPECT_EQ(floats.to_vector<float>(), (std::vector<float>{0.5f, 1.5f, 2.25f, -3.0f}));
  EXPECT_EQ(pad_sequences({{1.9f, -1.9f}}).to_vector<int>(), (std::vector<int>{1, -1}));
  const int64_t large = (int64_t{1} << 53) + 1;
  const std::vector<std::vector<int64_t>> longs = {{large}};
  EXPECT_EQ(pad_sequences(longs, {.dtype = DType::kInt64}).to_vector<int64_t>()[0], large);
  EXPECT_NE(message_of<InvalidArgument>([&] { pad_sequences(longs); }).find("does not fit into int32"),
            std::string::npos);
  EXPECT_THROW(pad_sequences({{-1}}, {.dtype = DType::kUInt8}), InvalidArgument);
  EXPECT_THROW(pad_sequences({{1.0f}}, {.value = 1e30}), InvalidArgument);
}

TEST(PadSequences, TakesSequencesWithFurtherAxes) {
  const std::vector<Tensor> sequences = {Tensor::from<float>({{1, 2}}),
                                         Tensor::from<float>({{3, 4}, {5, 6}})};
  const Tensor x = pad_sequences(sequences, {.dtype = DType::kFloat32});
  EXPECT_EQ(x.shape(), (Shape{2, 2, 2}));
  EXPECT_EQ(x.to_vector<float>(), (std::vector<float>{0, 0, 1, 2, 3, 4, 5, 6}));
  const std::vector<Tensor> ragged = {Tensor::from<float>({{1, 2}}), Tensor::from<float>({{1, 2, 3}})};
  EXPECT_NE(message_of<InvalidArgument>([&] { pad_sequences(ragged); }).find("(3,) where the first has (2,)"),
            std::string::npos);
}

TEST(PadSequences, RefusesNonsense) {
  const auto says = [](const PadSequencesOptions& options) {
    return message_of<InvalidArgument>([&] { pad_sequences(Sequences{{1}}, options); });
  };
  EXPECT_NE(says({.padding = "pos"}).find("unknown padding 'pos'; did you mean 'post'?"), std::string::npos);
  EXPECT_NE(says({.truncating = ""}).find("unknown truncating ''"), std::string::npos);
  EXPECT_NE(says({.maxlen = 0}).find("maxlen of 0"), std::string::npos);
  EXPECT_NE(says({.maxlen = int64_t{1} << 60}).find("too many elements"), std::string::npos);
  EXPECT_NE(message_of<InvalidArgument>([] { pad_sequences(Sequences{}); }).find("no sequences"),
            std::string::npos);
}

TEST(CsrMatrix, BecomesDenseAndGivesRows) {
  const CsrMatrix matrix{
      .rows = 3, .cols = 4, .indptr = {0, 2, 2, 3}, .indices = {0, 3, 1}, .values = {1, 2, 0.5}};
  EXPECT_EQ(matrix.to_dense().to_vector<float>(),
            (std::vector<float>{1, 0, 0, 2, 0, 0, 0, 0, 0, 0.5f, 0, 0}));
  EXPECT_EQ(matrix.to_dense(DType::kFloat64).dtype(), DType::kFloat64);
  EXPECT_EQ(matrix.take_rows({2, 0, 2}).to_dense().to_vector<float>(),
            (std::vector<float>{0, 0.5f, 0, 0, 1, 0, 0, 2, 0, 0.5f, 0, 0}));
  EXPECT_THROW(matrix.take_rows({3}), InvalidArgument);
  CsrMatrix wrong = matrix;
  wrong.indices[0] = 4;
  EXPECT_NE(message_of<InvalidArgument>([&] { wrong.to_dense(); }).find("column 4 of 4"), std::string::npos);
  wrong = matrix;
  wrong.indptr.pop_back();
  EXPECT_THROW(wrong.to_dense(), InvalidArgument);
  EXPECT_THROW((CsrMatrix{.rows = 1 << 30, .cols = int64_t{1} << 40}.to_dense()), InvalidArgument);
}

}  // namespace
}  // namespace lamina
