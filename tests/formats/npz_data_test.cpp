// Labelled data in .npz files: what is asked for is read, as the model's loss takes it, and nothing else.
#include <gtest/gtest.h>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/data/labelled_data.h"
#include "lamina/formats/detail/zip_archive.h"
#include "lamina/formats/npy.h"
#include "lamina/formats/npz.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/text_npy.h"
#include "tests/support/told.h"

namespace lamina {
namespace {

using test::message_of;
using test::TemporaryFolder;
using Names = std::vector<std::string>;

const Tensor kX = Tensor::from<float>({{1, 2}, {3, 4}, {5, 6}});

class NpzData : public ::testing::Test {
 protected:
  LabelledData load(const std::vector<std::pair<std::string, std::string>>& members,
                    const DataNeeds& needs = {}) {
    detail::ZipWriter zip;
    for (const auto& [name, bytes] : members) zip.add(name, bytes);
    write_file(folder_ / "d.npz", zip.finish());
    return load_data(folder_ / "d.npz", {.needs = needs});
  }
  // An array of unsigned integers of `size` bytes each.
  static std::string unsigned_npy(size_t size, const std::vector<uint64_t>& values, bool big_endian = false) {
    std::string header = "{'descr': '" + std::string(big_endian ? ">" : "<") + "u" + std::to_string(size) +
                         "', 'fortran_order': False, 'shape': (" + std::to_string(values.size()) + ",), }";
    header.append(117 - header.size(), ' ');
    std::string bytes("\x93NUMPY\x01\0v\0", 10);
    bytes += header + "\n";
    for (const uint64_t value : values) {
      for (size_t i = 0; i < size; ++i)
        bytes += static_cast<char>(value >> (8 * (big_endian ? size - 1 - i : i)));
    }
    return bytes;
  }
  TemporaryFolder folder_;
};

TEST_F(NpzData, MembersThatNobodyAsksForAreNotParsed) {
  const LabelledData data = load({{"x.npy", npy_bytes(kX)},
                                  {"y.npy", npy_bytes(Tensor::from<int64_t>({0, 1, 0}))},
                                  {"classes.npy", test::text_npy({"cat", "dog"})},
                                  {"junk.npy", "no array at all"},
                                  {"pickled.npy", "\x93NUMPY\x01"},
                                  {"README.txt", "words"}});
  EXPECT_EQ(data.x.to_vector<float>(), kX.to_vector<float>());
  EXPECT_EQ(data.y.to_vector<int>(), (std::vector<int>{0, 1, 0}));
}

TEST_F(NpzData, PlainArraysComeBeforeParts) {
  const std::string x = npy_bytes(kX), y = npy_bytes(Tensor::from<int64_t>({0, 1, 0}));
  const Tensor other = Tensor::from<float>({{7, 8}});
  const auto members =
      std::vector<std::pair<std::string, std::string>>{{"x.npy", x},
                                                       {"y.npy", y},
                                                       {"scaler_train.npy", x},
                                                       {"x_test.npy", npy_bytes(other)},
                                                       {"y_test.npy", npy_bytes(Tensor::from<int64_t>({1}))}};
  EXPECT_EQ(load(members).samples(), 3);
  EXPECT_EQ(load_data(folder_ / "d.npz:test").samples(), 1);
}

TEST_F(NpzData, UnsignedIntegersOfEveryWidthAreLabels) {
  for (const size_t size : {2, 4, 8}) {
    for (const bool big_endian : {false, true}) {
      const LabelledData data =
          load({{"x.npy", npy_bytes(kX)}, {"y.npy", unsigned_npy(size, {2, 0, 1}, big_endian)}});
      EXPECT_EQ(data.y.type(), (TensorType{DType::kInt32, {3}})) << size;
      EXPECT_EQ(data.y.to_vector<int>(), (std::vector<int>{2, 0, 1})) << size;
    }
  }
  EXPECT_EQ(parse_npy(unsigned_npy(2, {65535}), "a").to_vector<int64_t>(), (std::vector<int64_t>{65535}));
  EXPECT_EQ(parse_npy(unsigned_npy(4, {4294967295u}), "a").to_vector<int64_t>(),
            (std::vector<int64_t>{4294967295}));
  EXPECT_NE(message_of<FileError>([] {
              parse_npy(unsigned_npy(8, {1, ~uint64_t{0}}), "a.npy");
            }).find("'a.npy': element 1, 18446744073709551615, is too large"),
            std::string::npos);
  EXPECT_THROW(parse_npy(unsigned_npy(8, {1}).substr(0, 130), "a"), FileError);
}

TEST_F(NpzData, TheLossSaysWhetherIntegersAreClasses) {
  const auto y = [](const std::vector<int64_t>& values) {
    return npy_bytes(Tensor::from(values, Shape{static_cast<int64_t>(values.size())}));
  };
  DataNeeds values;
  values.target = TargetKind::kValues;
  LabelledData data = load({{"x.npy", npy_bytes(kX)}, {"y.npy", y({-3, 5, 1500000})}}, values);
  EXPECT_EQ(data.y.to_vector<int64_t>(), (std::vector<int64_t>{-3, 5, 1500000}));
  EXPECT_TRUE(data.class_names.empty());
  data = load({{"x.npy", npy_bytes(kX)}, {"y.npy", y({0, 1, 2})}}, values);
  EXPECT_TRUE(data.class_names.empty());
  // Without a model: classes where they can be, and else values.
  EXPECT_EQ(load({{"x.npy", npy_bytes(kX)}, {"y.npy", y({0, 1, 2})}}).class_names.size(), 3u);
  EXPECT_TRUE(load({{"x.npy", npy_bytes(kX)}, {"y.npy", y({-3, 5, 12})}}).class_names.empty());
  DataNeeds classes;
  classes.target = TargetKind::kClassNumbers;
  classes.classes = 3;
  const std::string message = message_of<FileError>([&] {
    load({{"x.npy", npy_bytes(kX)}, {"y.npy", y({0, 3, 1})}}, classes);
  });
  EXPECT_NE(message.find("label 3 of sample 1 is out of range 0..2"), std::string::npos) << message;
}

TEST_F(NpzData, WordsAreClasses) {
  const auto words = [](const Names& labels) {
    return std::vector<std::pair<std::string, std::string>>{{"x.npy", npy_bytes(kX)},
                                                            {"y.npy", test::text_npy(labels)}};
  };
  DataNeeds needs;
  needs.target = TargetKind::kClassRows;
  needs.classes = 3;
  needs.learned_from = true;
  const LabelledData learned = load(words({"emu", "ant", "cat"}), needs);
  EXPECT_EQ(learned.class_names, (Names{"ant", "cat", "emu"}));
  EXPECT_EQ(learned.y.to_vector<int>(), (std::vector<int>{2, 0, 1}));
  needs.learned_from = false;
  needs.known.class_names = learned.class_names;
  EXPECT_EQ(load(words({"cat", "cat", "emu"}), needs).y.to_vector<int>(), (std::vector<int>{1, 1, 2}));
  EXPECT_NE(message_of<FileError>([&] {
              load(words({"cat", "dog", "emu"}), needs);
            }).find("sample 1 is of the class 'dog', which the model does not know"),
            std::string::npos);
  needs.known = {};
  EXPECT_NE(message_of<FileError>([&] {
              load(words({"cat", "cat", "emu"}), needs);
            }).find("--labels"),
            std::string::npos);
  needs.target_optional = true;
  EXPECT_FALSE(load(words({"cat", "cat", "emu"}), needs).y.defined());
  needs.target_optional = false;
  needs.target = TargetKind::kValues;
  EXPECT_NE(message_of<FileError>([&] {
              load(words({"cat", "cat", "emu"}), needs);
            }).find("takes numbers"),
            std::string::npos);
}

TEST_F(NpzData, SeveralInputsByNameOrInOrder) {
  DataNeeds needs;
  needs.inputs = {{"words", {}}, {"lengths", {}}};
  needs.outputs = {"main", "aux"};
  const std::string a = npy_bytes(kX), b = npy_bytes(Tensor::from<float>({7, 8, 9}));
  for (const Names& names : {Names{"words", "lengths", "main", "aux"}, Names{"x_0", "x_1", "y_0", "y_1"},
                             Names{"x1", "x2", "y1", "y2"}}) {
    const LabelledData data = load({{names[1] + ".npy", b},
                                    {names[0] + ".npy", a},
                                    {names[2] + ".npy", a},
                                    {names[3] + ".npy", b},
                                    {"other.npy", "junk"}},
                                   needs);
    EXPECT_EQ(data.inputs["lengths"].to_vector<float>(), (std::vector<float>{7, 8, 9}));
    EXPECT_EQ(data.targets["aux"].to_vector<float>(), (std::vector<float>{7, 8, 9}));
    EXPECT_EQ(data.samples(), 3);
  }
  EXPECT_NE(message_of<FileError>([&] {
              load({{"words.npy", a}}, needs);
            }).find("lacks the array 'lengths'"),
            std::string::npos);
  const std::string shorter = npy_bytes(Tensor::from<float>({7, 8}));
  EXPECT_NE(message_of<FileError>([&] {
              load({{"words.npy", a}, {"lengths.npy", shorter}, {"main.npy", a}, {"aux.npy", b}}, needs);
            }).find("they must agree"),
            std::string::npos);
}

}  // namespace
}  // namespace lamina
