// cache(path): the first whole pass writes the file, later ones and later runs read it, and nothing else is
// taken for it.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "lamina/base/files.h"
#include "tests/data/dataset_support.h"

namespace lamina {
namespace {

using test::ints;
using test::message_of;
using test::number;
using test::numbers;
using test::values;

namespace fs = std::filesystem;
using Numbers = std::vector<int64_t>;

class DatasetCache : public ::testing::Test {
 protected:
  // Squares of 0 ... 5, counting how often one is computed.
  Dataset squares(const Dataset& from = Dataset::range(6)) {
    return from.map([this](Element e) {
      ++computed_;
      return Element{.x = Tensor::from(std::vector<int64_t>{number(e) * number(e)}, Shape{})};
    });
  }
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_.path())) names.push_back(entry.path().filename());
    return names;
  }

  test::TemporaryFolder folder_;
  const std::string path_ = folder_ / "squares";
  int computed_ = 0;
};

const Numbers kSquares = {0, 1, 4, 9, 16, 25};

TEST_F(DatasetCache, IsWrittenByTheFirstWholePassAndReadByOthers) {
  const Dataset dataset = squares().cache(path_);
  EXPECT_FALSE(fs::exists(path_)) << "before anything was asked for";
  EXPECT_EQ(numbers(dataset), kSquares);
  EXPECT_EQ(computed_, 6);
  EXPECT_EQ(numbers(dataset, 1), kSquares);
  EXPECT_EQ(numbers(squares().cache(path_)), kSquares) << "as in a later run";
  EXPECT_EQ(computed_, 6);
  EXPECT_EQ(files(), std::vector<std::string>{"squares"});
  fs::remove(path_);
  EXPECT_EQ(numbers(dataset), kSquares);
  EXPECT_EQ(computed_, 12) << "the file was gone";
  EXPECT_EQ(dataset.cardinality(), 6);
  EXPECT_EQ(dataset.str(), squares().cache().str()) << "where elements are kept is no part of what they are";
}

TEST_F(DatasetCache, KeepsEverythingOfAnElement) {
  const Tensor words = Tensor::from(std::vector<int32_t>{1, 2, 3}, Shape{3});
  const Tensor flags = Tensor::from(std::vector<uint8_t>{1, 0, 1}, Shape{3, 1});
  const Dataset one = Dataset::from_tensors({{"words", words}, {"flags", cast(flags, DType::kBool)}},
                                            {Tensor::from(std::vector<double>{0.1}, Shape{}), Tensor(2.5f)},
                                            Tensor::from(std::vector<float>(), {0, 4}));
  const Dataset cached = one.cache(path_);
  for (int time = 0; time < 2; ++time) {
    int seen = 0;
    for (const Element& element : cached) {
      ++seen;
      EXPECT_EQ(element.x.names(), (std::vector<std::string>{"words", "flags"}));
      EXPECT_EQ(element.x["words"].to_vector<int32_t>(), (std::vector<int32_t>{1, 2, 3}));
      EXPECT_EQ(element.x["flags"].dtype(), DType::kBool);
      EXPECT_EQ(element.x["flags"].shape(), (Shape{3, 1}));
      EXPECT_EQ(cast(element.x["flags"], DType::kUInt8).to_vector<uint8_t>(),
                (std::vector<uint8_t>{1, 0, 1}));
      ASSERT_EQ(element.y.size(), 2u);
      EXPECT_EQ(element.y[0].item<double>(), 0.1);
      EXPECT_EQ(element.y[1].item<float>(), 2.5f);
      EXPECT_EQ(element.sample_weight[0].shape(), (Shape{0, 4}));
    }
    EXPECT_EQ(seen, 1);
  }
}

TEST_F(DatasetCache, LeavesNothingBehindAPassThatEndsEarly) {
  const Dataset dataset = squares().cache(path_);
  EXPECT_EQ(numbers(dataset.take(3)), (Numbers{0, 1, 4}));
  EXPECT_TRUE(files().empty());
  {
    Dataset abandoned = dataset;
    Batch batch;
    abandoned.begin(0, 0);
    ASSERT_TRUE(abandoned.next(batch));
  }
  EXPECT_TRUE(files().empty());
  EXPECT_EQ(numbers(dataset), kSquares);
}

TEST_F(DatasetCache, LeavesNothingBehindAnError) {
  const Dataset dataset = Dataset::range(6)
                              .map([](Element e) -> Element {
                                if (number(e) == 4) throw Error("no fourth");
                                return e;
                              })
                              .cache(path_);
  EXPECT_NE(message_of<Error>([&] { numbers(dataset); }).find("no fourth"), std::string::npos);
  EXPECT_TRUE(files().empty());
}

TEST_F(DatasetCache, IsPassedOverWithoutReading) {
  const Dataset dataset = squares().cache(path_);
  EXPECT_EQ(numbers(dataset, 0, 0, 4), (Numbers{16, 25})) << "a pass resumed in the middle, with no file yet";
  EXPECT_EQ(computed_, 6);
  ASSERT_TRUE(fs::exists(path_)) << "it went over all elements";
  EXPECT_EQ(numbers(dataset, 3, 0, 4), (Numbers{16, 25}));
  EXPECT_EQ(numbers(dataset, 3, 0, 9), Numbers());
  EXPECT_EQ(computed_, 6);
}

TEST_F(DatasetCache, KeepsTheOrderOfOneSeed) {
  const auto dataset = [&] { return squares(Dataset::range(6).shuffle(6)).cache(path_); };
  const Numbers first = numbers(dataset(), 0, 1);
  EXPECT_EQ(numbers(dataset(), 1, 1), first);
  EXPECT_EQ(computed_, 6);
  fs::remove(path_);
  EXPECT_EQ(numbers(dataset(), 5, 1), first) << "a training resumed in a later epoch, without the file";
  EXPECT_EQ(numbers(dataset(), 0, 2), numbers(squares(Dataset::range(6).shuffle(6)).cache(), 0, 2));
  EXPECT_NE(numbers(dataset(), 0, 2), first);
}

TEST_F(DatasetCache, BelongsToItsPipeline) {
  numbers(squares().cache(path_));
  const std::string message =
      message_of<FileError>([&] { numbers(squares(Dataset::range(7)).cache(path_)); });
  for (const char* word :
       {"'", "another pipeline, range(0, 6) > map", "delete this one", "range(0, 7) > map > cache"}) {
    EXPECT_NE(message.find(word), std::string::npos) << message;
  }
  EXPECT_EQ(numbers(squares(Dataset::range(6).prefetch(2)).cache(path_)), kSquares)
      << "prefetch changes no element";
}

TEST_F(DatasetCache, TakesNoOtherFileForItsOwn) {
  std::ofstream(path_) << "notes that somebody needs";
  const std::string message = message_of<FileError>([&] { numbers(squares().cache(path_)); });
  EXPECT_NE(message.find(path_ + "' exists, but is no cache of a Dataset"), std::string::npos) << message;
  EXPECT_EQ(read_file(path_), "notes that somebody needs");
  fs::remove(path_);
  fs::create_directory(path_);
  EXPECT_NE(message_of<FileError>([&] { numbers(squares().cache(path_)); }).find(path_), std::string::npos);
}

TEST_F(DatasetCache, SaysWhenItCannotBeWritten) {
  const std::string message =
      message_of<FileError>([&] { numbers(squares().cache(folder_ / "nowhere/squares")); });
  for (const char* word : {"Dataset::cache", "nowhere/squares", "range(0, 6) > map > cache"}) {
    EXPECT_NE(message.find(word), std::string::npos) << message;
  }
  EXPECT_EQ(computed_, 0) << "it is said before the work";
}

// Each byte changed, and each shorter file: the elements that were written, or an error that says what to do.
TEST_F(DatasetCache, NeverGivesOtherElementsOfADamagedFile) {
  numbers(squares().cache(path_));
  const std::string whole = read_file(path_);
  int refused = 0;
  const auto expect_refused = [&](const std::string& bytes, const std::string& what) {
    fs::remove(path_);  // a file that is written over makes some file systems wait for the disk
    std::ofstream(path_, std::ios::binary) << bytes;
    try {
      EXPECT_EQ(numbers(squares().cache(path_)), kSquares) << what;
    } catch (const FileError& error) {
      ++refused;
      EXPECT_NE(std::string(error.what()).find("delete"), std::string::npos) << error.what();
    }
  };
  for (size_t i = 0; i < whole.size(); ++i) {
    std::string changed = whole;
    changed[i] = static_cast<char>(changed[i] ^ (1 << i % 8));
    expect_refused(changed, "byte " + std::to_string(i));
    expect_refused(whole.substr(0, i), "cut at " + std::to_string(i));
  }
  EXPECT_EQ(refused, 2 * static_cast<int>(whole.size()));
  EXPECT_EQ(computed_, 6) << "an old file was written over";
}

TEST_F(DatasetCache, MayBeFilledByTwoPassesAtOnce) {
  const Dataset zipped = Dataset::zip({squares().cache(path_), squares().cache(path_)});
  for (int time = 0; time < 2; ++time) {
    Numbers x, y;
    for (const Element& element : zipped) {
      x.push_back(number(element));
      y.push_back(element.y[0].item<int64_t>());
    }
    EXPECT_EQ(x, kSquares);
    EXPECT_EQ(y, kSquares);
  }
}

TEST(DatasetEnumerate, PutsTheNumberInFront) {
  const Tensor two = Tensor::from(std::vector<float>{1, 2}, Shape{2});
  int64_t position = 5;
  for (const Element& element : Dataset::from_tensor_slices(two, two).enumerate(5)) {
    ASSERT_EQ(element.x.size(), 2u);
    EXPECT_EQ(element.x[0].item<int64_t>(), position);
    EXPECT_EQ(element.x[1].item<float>(), static_cast<float>(position - 4));
    EXPECT_EQ(element.y[0].item<float>(), static_cast<float>(position - 4));
    ++position;
  }
  EXPECT_EQ(position, 7);
  const Dataset named = Dataset::from_tensor_slices({{"words", two}}).enumerate();
  for (const Element& element : named)
    EXPECT_EQ(element.x.names(), (std::vector<std::string>{"index", "words"}));
  const std::string message = message_of<InvalidArgument>([&] { numbers(named.enumerate()); });
  EXPECT_NE(message.find("x['index'], which is there already"), std::string::npos) << message;
  EXPECT_EQ(named.cardinality(), 2);
}

TEST(DatasetEnumerate, CountsWhatIsPassedOver) {
  int computed = 0;
  const Dataset dataset = Dataset::range(10)
                              .map([&computed](Element e) {
                                ++computed;
                                return e;
                              })
                              .enumerate();
  EXPECT_EQ(values(dataset, 0, 0, 8), (std::vector<Numbers>{{8}, {9}}));
  EXPECT_EQ(computed, 2);
}

}  // namespace
}  // namespace lamina
