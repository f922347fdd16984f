// The numbers of a text's terms, and the way from texts to a model's input that they are part of.
#include "lamina/text/term_numbers.h"

#include <gtest/gtest.h>

#include "lamina/base/error.h"
#include "lamina/text/text_preprocessing.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/words.h"

namespace lamina {
namespace {

using Numbers = std::vector<std::vector<int32_t>>;
using test::message_of;

TermNumbers small_terms() {
  CountVectorizer words({.ngram_range = {1, 2}}), runs({.ngram_range = {2, 2}, .analyzer = "char_wb"});
  words.fit({"red car", "car red car"});
  runs.fit({"ab"});
  return TermNumbers({words, runs});
}

TEST(TermNumbers, AreThoseOfEachVectorizerBehindEachOther) {
  const TermNumbers terms = small_terms();
  // car, car red, red, red car; then " a", "ab", "b ".
  EXPECT_EQ(terms.size(), 2 + 4 + 3);
  EXPECT_EQ(terms({"red car", "car", "ab car car"}), (Numbers{{1, 2, 4, 5}, {1, 2}, {1, 2, 6, 7, 8}}));
  EXPECT_EQ(terms({"", "zzz"}), (Numbers{{1}, {1}})) << "what is not known leaves the number of every text";
}

TEST(TermNumbers, BecomeTheInputOfAModelAndAreKept) {
  const TextPreprocessing text(small_terms(), {.maxlen = 4, .padding = "post", .truncating = "post"});
  const TextPreprocessing again(text.info());
  const std::vector<std::string> texts = {"red", "ab car red"};
  EXPECT_EQ(again(texts).to_vector<int32_t>(), (std::vector<int32_t>{1, 4, 0, 0, 1, 2, 3, 4}));
  EXPECT_EQ(again.info(), text.info());
  EXPECT_EQ(Json::parse(text.info().encoder.dump()), text.info().encoder);
}

TEST(TermNumbers, BytesThatAreNoTextAreNoTerms) {
  EXPECT_EQ(small_terms()({"\xFF red \xC3"}), (Numbers{{1, 4}}));
}

TEST(TermNumbers, SayWhatCannotBe) {
  test::expect_words(message_of<InvalidArgument>([] { TermNumbers terms({}); }), {"at least one"});
  EXPECT_THROW(TermNumbers({CountVectorizer()}), InvalidArgument);
  test::expect_words(
      message_of<InvalidArgument>([] { TextPreprocessing text(small_terms(), PadSequencesOptions()); }),
      {"give a maxlen"});
  TextInfo info = TextPreprocessing(small_terms(), {.maxlen = 4}).info();
  info.maxlen = 0;
  test::expect_words(message_of<InvalidArgument>([&] { TextPreprocessing text(info); }),
                     {"a TermNumbers without a maxlen"});
  const Json empty = Json::object(
      {{"class_name", "TermNumbers"}, {"config", Json::object({{"vectorizers", Json::list()}})}});
  test::expect_words(message_of<FileError>([&] { TermNumbers::from_json(empty); }), {"at least one"});
  const Json other = Json::object({{"class_name", "Tokenizer"}, {"config", Json::object()}});
  test::expect_words(message_of<FileError>([&] { TermNumbers::from_json(other); }),
                     {"a TermNumbers was expected"});
}

}  // namespace
}  // namespace lamina
