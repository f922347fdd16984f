// BM25 by its formula, neighbours, and what the index finds that words alone do not.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <random>
#include <set>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/base/threads.h"
#include "lamina/chat/answer_index.h"
#include "lamina/chat/bm25.h"
#include "lamina/chat/neighbours.h"
#include "lamina/chat/retrieval_trial.h"
#include "lamina/chat/sentence_encoder.h"
#include "lamina/formats/keras/keras.h"
#include "lamina/text/tokenizers/trainers.h"
#include "lamina/zoo/transformers/language_model.h"
#include "lamina/zoo/transformers/pretrained_model.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

TEST(Bm25, IsTheFormula) {
  const Bm25 index({"the cat sat", "The dog sat on the mat", "a bird"}, {.k1 = 1.5, .b = 0.6});
  const auto idf = [](double n) { return std::log(1 + (3 - n + 0.5) / (n + 0.5)); };
  const auto term = [&](double n, double f, double length) {
    return idf(n) * f * 2.5 / (f + 1.5 * (1 - 0.6 + 0.6 * length / (11.0 / 3)));
  };
  const auto scores = index.scores("the mat, THE");
  ASSERT_EQ(scores.size(), 2u);
  EXPECT_NEAR(scores[0].second, 2 * term(2, 1, 3), 1e-12);
  EXPECT_NEAR(scores[1].second, 2 * term(2, 2, 6) + term(1, 1, 6), 1e-12);
  EXPECT_TRUE(index.scores("fish").empty());
  EXPECT_NEAR(index.own_score("mat fish"), 2 * term(1, 1, 2), 1e-12);
}

TEST(Bm25, ChineseIsComparedByCharactersAndPairs) {
  const Bm25 index({"如何删除子对象", "如何添加按钮"});
  const auto scores = index.scores("删除对象");
  ASSERT_EQ(scores.size(), 1u);
  EXPECT_EQ(scores[0].first, 0);
  EXPECT_EQ(index.scores("如何").size(), 2u);
}

TEST(Bm25, RefusesWhatCannotBe) {
  EXPECT_NE(test::message_of<InvalidArgument>([] { Bm25({}); }).find("got none"), std::string::npos);
  EXPECT_THROW(Bm25({"a"}, {.k1 = -1}), InvalidArgument);
  EXPECT_THROW(Bm25({"a"}, {.b = 1.5}), InvalidArgument);
}

// Unit vectors around so many directions, as those of texts are.
Tensor clustered(int64_t count, int64_t dimensions, int clusters) {
  std::mt19937_64 random(5);
  const auto number = [&] { return static_cast<float>(static_cast<double>(random() >> 11) * 0x1p-52 - 1); };
  std::vector<float> centres(static_cast<size_t>(clusters * dimensions)), values;
  for (float& value : centres) value = number();
  for (int64_t i = 0; i < count; ++i) {
    const size_t centre = random() % static_cast<size_t>(clusters) * static_cast<size_t>(dimensions);
    double square = 0;
    for (int64_t k = 0; k < dimensions; ++k) {
      values.push_back(centres[centre + static_cast<size_t>(k)] + 0.7F * number());
      square += values.back() * values.back();
    }
    for (int64_t k = 1; k <= dimensions; ++k)
      values[values.size() - static_cast<size_t>(k)] /= static_cast<float>(std::sqrt(square));
  }
  return Tensor::from(values, {count, dimensions});
}

TEST(Neighbours, ExactOnesAreTheNearest) {
  const Neighbours index(Tensor::from(std::vector<float>{1, 0, 0, 1, 0.6F, 0.8F, 0, 1}, {4, 2}));
  const auto near = index.nearest({0, 1}, 3);
  ASSERT_EQ(near.size(), 3u);
  EXPECT_EQ(near[0], (std::pair<int64_t, float>{1, 1.0F}));
  EXPECT_EQ(near[1], (std::pair<int64_t, float>{3, 1.0F}));
  EXPECT_EQ(near[2].first, 2);
  EXPECT_EQ(index.nearest({1, 0}, 9).size(), 4u);
  EXPECT_THROW(index.nearest({1}, 1), InvalidArgument);
}

TEST(Neighbours, ApproximateOnesAreNearlyAllOfThem) {
  const Tensor vectors = clustered(4000, 32, 60);
  const Neighbours exact(vectors), approximate(vectors, {.approximate = true});
  const std::vector<float> values = vectors.to_vector<float>();
  int found = 0, asked = 0;
  for (int64_t i = 0; i < 4000; i += 40) {
    const std::vector<float> query(values.begin() + i * 32, values.begin() + (i + 1) * 32);
    std::set<int64_t> right;
    for (const auto& [number, product] : exact.nearest(query, 10)) right.insert(number);
    for (const auto& [number, product] : approximate.nearest(query, 10)) found += right.count(number) != 0;
    asked += 10;
  }
  EXPECT_GE(found, 0.95 * asked);
}

TEST(Neighbours, DoNotDependOnThreads) {
  const Tensor vectors = clustered(3000, 16, 20);
  const std::vector<float> query(16, 0.25F);
  const int before = num_threads();
  set_num_threads(1);
  const auto one = Neighbours(vectors, {.approximate = true}).nearest(query, 20);
  set_num_threads(3);
  const auto three = Neighbours(vectors, {.approximate = true}).nearest(query, 20);
  set_num_threads(before);
  EXPECT_EQ(one, three);
}

TEST(Neighbours, RefusesWhatCannotBe) {
  EXPECT_THROW(Neighbours(Tensor::from(std::vector<float>{1, 2}, {2})), InvalidArgument);
  EXPECT_THROW(Neighbours(Tensor::from(std::vector<int32_t>{1, 2}, {1, 2})), InvalidArgument);
  EXPECT_THROW(Neighbours(clustered(8, 2, 2), {.probes = -1}), InvalidArgument);
}

// Ten things to ask for, each in ways that share the thing's words with none of the others.
std::vector<QuestionAnswer> paraphrases() {
  const std::vector<std::vector<std::string>> things{{"parcel", "package", "delivery"},
                                                     {"refund", "reimbursement", "money back"},
                                                     {"password", "login", "sign in"},
                                                     {"invoice", "bill", "receipt"},
                                                     {"opening hours", "open today", "closing time"}};
  const std::vector<std::string> frames{"question about my {}", "i have a problem with the {}", "{} please",
                                        "tell me about {}", "what about {} then"};
  std::vector<QuestionAnswer> entries;
  for (const auto& thing : things) {
    for (const std::string& word : thing) {
      for (const std::string& frame : frames) {
        std::string question = frame;
        question.replace(question.find("{}"), 2, word);
        entries.push_back({question, "answer " + std::to_string(&thing - things.data())});
      }
    }
  }
  return entries;
}

AnswerIndexOptions quick() {
  return {.search_answers = false, .encoder = {.dimensions = 32, .epochs = 6, .batch_size = 32}};
}

TEST(AnswerIndex, FindsAnswersAndKnowsWhenNot) {
  const AnswerIndex index(paraphrases(), quick());
  const auto hits = index.search("where is my parcel?", 3);
  ASSERT_FALSE(hits.empty());
  EXPECT_EQ(index.entries()[static_cast<size_t>(hits[0].entry)].answer, "answer 0");
  EXPECT_GE(hits[0].confidence, index.threshold());
  std::set<std::string> answers;
  for (const AnswerHit& hit : hits) answers.insert(index.entries()[static_cast<size_t>(hit.entry)].answer);
  EXPECT_EQ(answers.size(), hits.size());
  const auto other = index.search("why do volcanoes erupt", 1);
  EXPECT_TRUE(other.empty() || other[0].confidence < index.threshold());
  EXPECT_TRUE(index.search("", 3).empty());
}

TEST(AnswerIndex, IsKeptWithAllThatItKnows) {
  const test::TemporaryFolder folder;
  const AnswerIndex index(paraphrases(), quick());
  index.save(folder / "index.keras");
  const AnswerIndex loaded = AnswerIndex::load(folder / "index.keras");
  EXPECT_EQ(loaded.entries(), index.entries());
  EXPECT_EQ(loaded.weight(), index.weight());
  EXPECT_EQ(loaded.threshold(), index.threshold());
  for (const char* question : {"where is my parcel?", "login does not work", "xyz"}) {
    const auto then = index.search(question, 3), now = loaded.search(question, 3);
    ASSERT_EQ(then.size(), now.size());
    for (size_t i = 0; i < then.size(); ++i) {
      EXPECT_EQ(then[i].entry, now[i].entry);
      EXPECT_EQ(then[i].confidence, now[i].confidence);
    }
  }
  EXPECT_THROW(index.save(folder / "none/index.keras"), FileError);
  const AnswerIndex words(paraphrases(), {.embed = false});
  EXPECT_THROW(words.save(folder / "words.keras"), InvalidArgument);
}

TEST(AnswerIndex, DamagedAndOtherFilesAreRefused) {
  const test::TemporaryFolder folder;
  const AnswerIndex index(paraphrases(), quick());
  index.save(folder / "index.keras");
  const std::string bytes = read_file(folder / "index.keras");
  write_file(folder / "cut.keras", bytes.substr(0, bytes.size() / 2));
  EXPECT_THROW(AnswerIndex::load(folder / "cut.keras"), FileError);
  EXPECT_THROW(AnswerIndex::load(folder / "gone.keras"), FileError);
  Model model = load_keras(folder / "index.keras");
  const DataInfo good = model.data_info();
  const auto refused = [&](const std::function<void(Json&)>& change) {
    DataInfo info = good;
    change(info.sections);
    model.set_data_info(info);
    save_keras(model, folder / "bad.keras");
    return test::message_of<FileError>([&] { AnswerIndex::load(folder / "bad.keras"); });
  };
  EXPECT_NE(refused([](Json& all) { all["answers"]["version"] = 2; }).find("another version than 1"),
            std::string::npos);
  EXPECT_NE(refused([](Json& all) { all["answers"]["threshold"] = 3.0; }).find("0 to 1"), std::string::npos);
  EXPECT_NE(refused([](Json& all) { all["answers"]["entries"] = Json::list(); }).find("no entries"),
            std::string::npos);
  EXPECT_NE(
      refused([](Json& all) { all["sentence_encoder"]["length"] = 0; }).find("not one over those terms"),
      std::string::npos);
  EXPECT_NE(refused([](Json& all) { all = Json::object(); }).find("no index of answers"), std::string::npos);
}

// A small BERT with random weights and a tokenizer of its own: the mean of its hidden states, whatever stands
// beside a text in its batch.
TEST(SentenceEncoder, TakesTheMeanOfHiddenStates) {
  const std::vector<std::string> texts{"where is my parcel", "open",
                                       "a much longer question about opening hours"};
  const PretrainedTokenizer tokenizer = train_tokenizer(character_pipeline(), texts);
  const Json config = Json::object({{"model_type", "bert"},
                                    {"architectures", Json::list({"BertModel"})},
                                    {"vocab_size", tokenizer.size()},
                                    {"hidden_size", 16},
                                    {"num_hidden_layers", 1},
                                    {"num_attention_heads", 2},
                                    {"intermediate_size", 32},
                                    {"max_position_embeddings", 24},
                                    {"type_vocab_size", 2}});
  const auto model = AutoModel::from_config(config, {.seed = 3});
  const test::TemporaryFolder folder;
  model->save_pretrained(folder.path());
  tokenizer.save_pretrained(folder.path());
  const SentenceEncoder encoder = SentenceEncoder::from_pretrained(folder.path());
  EXPECT_EQ(encoder.dimensions(), 16);
  const std::vector<float> all = encoder(texts).to_vector<float>(),
                           one = encoder({texts[1]}).to_vector<float>();
  for (size_t k = 0; k < 16; ++k) EXPECT_NEAR(all[16 + k], one[k], 1e-5);
  const std::vector<int32_t> ids = tokenizer.encode(texts[1]).ids;
  const auto size = static_cast<int64_t>(ids.size());
  const std::vector<float> states =
      model->run({Tensor::from(ids, {1, size})})["last_hidden_state"].to_vector<float>();
  std::vector<double> mean(16, 0);
  double square = 0;
  for (size_t i = 0; i < states.size(); ++i) mean[i % 16] += states[i] / static_cast<double>(size);
  for (const double value : mean) square += value * value;
  for (size_t k = 0; k < 16; ++k) EXPECT_NEAR(one[k], mean[k] / std::sqrt(square), 1e-4);
  AnswerIndexOptions options = quick();
  options.loaded = encoder;
  const AnswerIndex index(paraphrases(), options);
  EXPECT_FALSE(index.search("parcel please", 1).empty());
  EXPECT_THROW(index.save(folder / "index.keras"), InvalidArgument);
  EXPECT_THROW(SentenceEncoder::from_pretrained(folder / "none"), Error);
}

TEST(AnswerIndex, IsDeterministic) {
  const AnswerIndex one(paraphrases(), quick()), two(paraphrases(), quick());
  EXPECT_EQ(one.weight(), two.weight());
  EXPECT_EQ(one.search("login does not work", 1)[0].confidence,
            two.search("login does not work", 1)[0].confidence);
}

TEST(AnswerIndex, TakesFewEntriesAndRepeatedQuestions) {
  const AnswerIndex index(
      {{"when do you open", "at nine"}, {"when do you open", "at ten on sundays"}, {"", "we sell tea"}},
      quick());
  EXPECT_EQ(index.entries()[static_cast<size_t>(index.search("when do you open", 1)[0].entry)].answer,
            "at nine");
  EXPECT_EQ(index.search("do you sell tea", 1)[0].entry, 2);
  EXPECT_THROW(AnswerIndex(std::vector<QuestionAnswer>{}), InvalidArgument);
}

TEST(RetrievalTrial, AQuestionThatIsHeldOutIsFoundNoWorseThanByWords) {
  const RetrievalTrial trial = try_retrieval_held_out(paraphrases(), 5, quick());
  EXPECT_EQ(trial.questions, 15);
  EXPECT_GT(trial.bm25.recall_at_1, 0.3);
  EXPECT_GE(trial.learned.recall_at_1, trial.bm25.recall_at_1);
  EXPECT_GE(trial.learned.mrr, trial.learned.recall_at_1);
  // Held-out questions of which most are found are mostly told, and what is told is mostly right.
  EXPECT_GT(trial.told, 0.3);
  EXPECT_GE(trial.told_right, 0.7);
  EXPECT_THROW(try_retrieval_held_out(paraphrases(), 1), InvalidArgument);
  EXPECT_THROW(try_retrieval(paraphrases(), {}), InvalidArgument);
}

TEST(RetrievalTrial, ARepeatedQuestionIsAskedOnceAndAllItsAnswersAreRight) {
  std::vector<QuestionAnswer> entries{{"when do you open", "at nine"},
                                      {"When do you open?", "at ten on sundays"}};
  for (const char* other : {"who are you", "where is it", "what is sold", "how much is tea"})
    entries.push_back({other, std::string("answer to ") + other});
  const std::vector<QuestionAnswer> asked{{"when do you open", "at ten on sundays"},
                                          {"When do you open?", "at nine"}};
  const RetrievalTrial trial = try_retrieval(entries, asked, quick());
  EXPECT_EQ(trial.questions, 1);
  EXPECT_EQ(trial.bm25.mrr, 1);
  EXPECT_EQ(trial.told, 1);
  EXPECT_EQ(trial.told_right, 1);
  EXPECT_EQ(trial.told_without, 0);
  // Taken out, it stands in no entry any more: 5 different questions, of which the first is the fifth.
  std::swap(entries[0], entries[4]), std::swap(entries[1], entries[5]);
  const RetrievalTrial held = try_retrieval_held_out(entries, 5, quick());
  EXPECT_EQ(held.questions, 1);
  EXPECT_EQ(held.bm25.recall_at_1, 0);
  EXPECT_THROW(try_retrieval_held_out(entries, 6, quick()), InvalidArgument);
}

// Names that no question tells: what is held out cannot be found.
TEST(AnswerIndex, TellsNothingWhereMostOfItWouldBeWrong) {
  std::vector<QuestionAnswer> entries;
  for (int i = 0; i < 60; ++i)
    entries.push_back({"who has number " + std::to_string(i * 7919 % 1000), "name " + std::to_string(i)});
  const AnswerIndex index(entries, {.encoder = {.dimensions = 16, .epochs = 2, .batch_size = 32}});
  EXPECT_GE(index.search(entries[7].question, 1)[0].confidence, index.threshold());
  EXPECT_LT(index.search("who has number 5", 1)[0].confidence, index.threshold());
  const std::string message =
      test::message_of<InvalidArgument>([&] { AnswerIndex(entries, {.precision = 0}); });
  EXPECT_NE(message.find("precision is above 0 to 1"), std::string::npos) << message;
}

}  // namespace
}  // namespace lamina
