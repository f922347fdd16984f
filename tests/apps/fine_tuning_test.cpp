// lamina train classify, tag and answer: from a checkpoint to a folder that is judged and asked; and what
// cannot be.
#include <csignal>
#include <filesystem>

#include "lamina/base/files.h"
#include "lamina/base/json.h"
#include "lamina/text/tokenizers/trainers.h"
#include "lamina/zoo/transformers/pretrained_model.h"
#include "tests/apps/recipe_test.h"

namespace lamina {
namespace {

using test::Outcome;

const char* const kCities[] = {"rome", "paris", "london", "oslo"};

Json common(const std::string& type, const std::string& architecture) {
  return Json::object({{"model_type", type}, {"architectures", Json::list({architecture})}});
}

void write_checkpoint(const std::string& folder, Json config, const PretrainedTokenizer& tokenizer) {
  config["vocab_size"] = tokenizer.size();
  AutoModel::from_config(config, {.seed = 2})->save_pretrained(folder);
  tokenizer.save_pretrained(folder);
}

/// A BERT and a GPT-2 without any training, and data of all three tasks.
void prepare(const std::string& folder) {
  std::string reviews = "text,label\n", reviews_test = reviews, tagged, pairs = "prompt\tanswer\n";
  std::vector<std::string> words;
  uint32_t seed = 1;
  const auto draw = [&](uint32_t below) {
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 16) % below;
  };
  for (int i = 0; i < 60; ++i) {
    const bool good = draw(2) == 1;
    const std::string city = kCities[draw(4)], to = kCities[draw(4)];
    const std::string text = "the hotel in " + city + " was " + (good ? "good" : "bad");
    (i < 50 ? reviews : reviews_test) += text + (good ? ",pleased\n" : ",angry\n");
    tagged += "from O\n" + city + " B-from\nto O\n" + to + " B-to\nplease O\n\n";
    pairs += "how was " + city + " ?\t" + city + " was good\n";
    words.push_back(text + " from to please how ? angry");
  }
  std::filesystem::create_directories(folder + "/reviews");
  write_file(folder + "/reviews/train.csv", reviews);
  write_file(folder + "/reviews/test.csv", reviews_test);
  write_file(folder + "/trips.conll", tagged);
  write_file(folder + "/pairs.tsv", pairs);
  Json bert = common("bert", "BertModel");
  for (const auto& [key, value] :
       {std::pair("hidden_size", 16), std::pair("num_hidden_layers", 2), std::pair("num_attention_heads", 2),
        std::pair("intermediate_size", 24), std::pair("max_position_embeddings", 24)})
    bert[key] = value;
  bert["initializer_range"] = 0.2;
  write_checkpoint(folder + "/bert", bert,
                   train_tokenizer(bert_wordpiece_pipeline(), words, {.vocab_size = 80}));
  Json gpt2 = common("gpt2", "GPT2LMHeadModel");
  for (const auto& [key, value] : {std::pair("n_embd", 16), std::pair("n_layer", 1), std::pair("n_head", 2),
                                   std::pair("n_positions", 64)})
    gpt2[key] = value;
  write_checkpoint(folder + "/gpt2", gpt2,
                   train_tokenizer(byte_level_bpe_pipeline(), words, {.vocab_size = 320}));
}

class FineTuningCommand : public test::RecipeTest<FineTuningCommand> {
 protected:
  static void SetUpTestSuite() {
    folder_ = new test::TemporaryFolder;
    prepare(folder_->path());
    trained_ = new Outcome(run(classify("hotels")));
  }
  static std::vector<std::string> classify(const std::string& out,
                                           const std::vector<std::string>& more = {}) {
    std::vector<std::string> words{
        "train",        "classify", "--from",          "bert", "--data", "reviews", "--epochs", "12",
        "--batch-size", "8",        "--learning-rate", "0.01", "--out",  out,       "--json"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  static std::string weights(const std::string& model) {
    return read_file(*folder_ / (model + "/model.safetensors"));
  }
  static void refused(const std::vector<std::string>& words, int status, const std::string& why) {
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.status, status) << outcome.out << outcome.err;
    EXPECT_NE(outcome.err.find(why), std::string::npos) << outcome.err;
  }
};

TEST_F(FineTuningCommand, ClassifiesJudgesAndIsAsked) {
  ASSERT_EQ(trained_->status, 0) << trained_->err;
  EXPECT_NE(trained_->err.find("new, and of no meaning before they are trained: classifier.weight"),
            std::string::npos);
  const Json last = Json::parse(trained_->lines().back());
  EXPECT_TRUE(last.at("done").as_bool());
  EXPECT_EQ(last.at("metrics_of").as_string(), "test");
  EXPECT_EQ(last.at("metrics").at("accuracy").as_double(), 1) << trained_->out;
  EXPECT_GE(last.at("kept_epoch").as_int(), 1);
  const Outcome judged = run({"evaluate", "hotels", "--data", "reviews", "--json"});
  ASSERT_EQ(judged.status, 0) << judged.err;
  EXPECT_EQ(Json::parse(judged.out).at("metrics").dump(), last.at("metrics").dump());
  EXPECT_EQ(Json::parse(judged.out).at("samples").as_int(), 10);
  const Outcome asked =
      run({"predict", "hotels", "the hotel in oslo was bad", "the hotel in rome was good", "--json"});
  ASSERT_EQ(asked.status, 0) << asked.err;
  ASSERT_EQ(asked.lines().size(), 2u);
  EXPECT_EQ(Json::parse(asked.lines()[0]).at("label").as_string(), "angry");
  EXPECT_EQ(Json::parse(asked.lines()[1]).at("label").as_string(), "pleased");
  EXPECT_EQ(Json::parse(asked.lines()[1]).at("probabilities").size(), 2u);
  const std::string page = read_file(*folder_ / last.at("report").as_string());
  EXPECT_NE(page.find("test accuracy"), std::string::npos);
  EXPECT_NE(page.find("pleased"), std::string::npos) << "the confusion matrix";
}

TEST_F(FineTuningCommand, TrainsNarrowMatricesAlone) {
  const Outcome outcome =
      run(classify("narrow", {"--lora", "4", "--lora-alpha", "16", "--lora-targets", "query,value"}));
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const Json last = Json::parse(outcome.lines().back());
  // Two layers, two matrices, (16 + 16) * 4 each; and the head.
  EXPECT_EQ(last.at("trained_parameters").as_int(), 2 * 2 * 32 * 4 + 2 * 16 + 2);
  const Json adapter = Json::parse(read_file(*folder_ / "narrow/adapter/adapter_config.json"));
  EXPECT_EQ(adapter.at("task_type").as_string(), "SEQ_CLS");
  EXPECT_EQ(adapter.at("lora_alpha").as_double(), 16);
  // The folder itself has all of it.
  const Outcome judged = run({"evaluate", "narrow", "--data", "reviews", "--json"});
  ASSERT_EQ(judged.status, 0) << judged.err;
  EXPECT_EQ(Json::parse(judged.out).at("metrics").dump(), last.at("metrics").dump());
}

TEST_F(FineTuningCommand, IsTheSameWithAnyThreadsAndAfterCtrlC) {
  for (const std::vector<std::string>& more : {std::vector<std::string>{}, {"--lora", "2"}}) {
    const std::string name = more.empty() ? "whole" : "lora";
    auto one = more, two = more;
    one.insert(one.end(), {"--threads", "1"});
    two.insert(two.end(), {"--threads", "2"});
    const Outcome straight = run(classify(name + "1", one));
    ASSERT_EQ(straight.status, 0) << straight.err;
    {
      test::Running running(folder_->path(), classify(name + "2", two), {"OMP_WAIT_POLICY=passive"});
      ASSERT_TRUE(running.wait_for("\"epoch\": 1"));
      running.send(SIGINT);
      const Outcome stopped = running.wait();
      if (stopped.status != 0) {
        EXPECT_NE(stopped.err.find("--resume"), std::string::npos) << stopped.err;
      }
    }
    two.emplace_back("--resume");
    auto other = two;
    other.insert(other.end(), {"--max-length", "20"});
    refused(classify(name + "2", other), 1,
            "max_length was 0 and is 20. Give what it was begun with, or another --out");
    const Outcome resumed = run(classify(name + "2", two));
    ASSERT_EQ(resumed.status, 0) << resumed.err;
    EXPECT_TRUE(weights(name + "1") == weights(name + "2")) << name;
    // The checkpoint of the last epoch knows the best weights, also where that epoch has them.
    one.insert(one.end(), {"--resume"});
    ASSERT_EQ(run(classify(name + "1", one)).status, 0);
    EXPECT_TRUE(weights(name + "1") == weights(name + "2")) << name << " begun again when it was done";
  }
}

TEST_F(FineTuningCommand, TagsWords) {
  const Outcome outcome = run({"train", "tag", "--from", "bert", "--data", "trips.conll", "--epochs", "12",
                               "--batch-size", "8", "--learning-rate", "0.02", "--out", "trips", "--json"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const Json last = Json::parse(outcome.lines().back());
  EXPECT_EQ(last.at("metrics_of").as_string(), "validation");
  EXPECT_EQ(last.at("metrics").at("f1").as_double(), 1) << outcome.out;
  const Outcome asked = run({"predict", "trips", "from rome to oslo please", "--json"});
  ASSERT_EQ(asked.status, 0) << asked.err;
  const Json said = Json::parse(asked.out);
  EXPECT_EQ(said.at("words").size(), 5u);
  ASSERT_EQ(said.at("spans").size(), 2u) << asked.out;
  EXPECT_EQ(said.at("spans").at(0).at("text").as_string(), "rome");
  EXPECT_EQ(said.at("spans").at(1).at("type").as_string(), "to");
  EXPECT_NE(run({"evaluate", "trips", "--data", "trips.conll"}).out.find("f1: 1.0000"), std::string::npos);
}

TEST_F(FineTuningCommand, Answers) {
  const Outcome outcome = run({"train", "answer", "--from", "gpt2", "--data", "pairs.tsv", "--epochs", "40",
                               "--batch-size", "16", "--learning-rate", "0.02", "--out", "guide", "--json"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const Json last = Json::parse(outcome.lines().back());
  EXPECT_GE(last.at("metrics").at("exact_match").as_double(), 0.5) << outcome.out;
  EXPECT_LT(last.at("metrics").at("loss").as_double(), 0.5);
  const Outcome asked = run({"predict", "guide", "how was rome ?"});
  EXPECT_NE(asked.out.find("was good"), std::string::npos) << asked.out << asked.err;
  const Outcome written = run({"generate", "--model", "guide", "how was rome ?"});
  EXPECT_NE(written.out.find("was good"), std::string::npos) << written.out << written.err;
  const Outcome judged = run({"evaluate", "guide", "--data", "pairs.tsv", "--json"});
  ASSERT_EQ(judged.status, 0) << judged.err;
  EXPECT_EQ(Json::parse(judged.out).at("samples").as_int(), 60);
}

TEST_F(FineTuningCommand, KeepsToHowManyTokensTextsAreCut) {
  const Outcome outcome = run(classify("short", {"--max-length", "4"}));
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const Json last = Json::parse(outcome.lines().back());
  // What tells the classes apart stands behind the fourth token.
  EXPECT_LT(last.at("metrics").at("accuracy").as_double(), 1) << outcome.out;
  EXPECT_EQ(Json::parse(read_file(*folder_ / "short/tokenizer_config.json")).at("model_max_length").as_int(),
            4);
  const Outcome judged = run({"evaluate", "short", "--data", "reviews", "--json"});
  ASSERT_EQ(judged.status, 0) << judged.err;
  EXPECT_EQ(Json::parse(judged.out).at("metrics").dump(), last.at("metrics").dump());
  const Outcome asked =
      run({"predict", "short", "the hotel in oslo was bad", "the hotel in oslo was good", "--json"});
  ASSERT_EQ(asked.lines().size(), 2u) << asked.err;
  EXPECT_EQ(Json::parse(asked.lines()[0]).at("probabilities").dump(),
            Json::parse(asked.lines()[1]).at("probabilities").dump());
}

TEST_F(FineTuningCommand, NoticesAnotherCheckpointWhenItIsResumed) {
  std::filesystem::copy(*folder_ / "bert", *folder_ / "base", std::filesystem::copy_options::recursive);
  const auto training = [](const std::vector<std::string>& more) {
    std::vector<std::string> words{"train",    "classify", "--from", "base",  "--data", "reviews",
                                   "--epochs", "1",        "--out",  "based", "--json"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  };
  ASSERT_EQ(run(training({})).status, 0);
  EXPECT_EQ(run(training({"--resume"})).status, 0);
  std::filesystem::copy_file(*folder_ / "hotels/model.safetensors", *folder_ / "base/model.safetensors",
                             std::filesystem::copy_options::overwrite_existing);
  refused(training({"--resume"}), 1, "the weights that the model begins with are others");
}

TEST_F(FineTuningCommand, FoldersOfOtherKindsAreNamedWithTheirCommand) {
  refused({"predict", "gpt2", "a text"}, 1,
          "'gpt2' goes on with texts, and predict cannot ask it: lamina generate");
  refused({"predict", "bert", "a text"}, 1, "'bert' is a BertModel that no task was learned by");
  refused({"evaluate", "bert", "--data", "reviews"}, 1, "lamina train classify --from bert");
  refused({"evaluate", "reviews", "--data", "reviews"}, 1, "'reviews' is a folder without config.json");
  refused({"predict", "reviews", "a text"}, 1, "'reviews' is a folder without config.json");
}

TEST_F(FineTuningCommand, TakesTheOptionsOfItsTaskAlone) {
  refused(classify("other", {"--stop-words", "a"}), 2,
          "'classify' has no --stop-words; it is of recipes that make .classic files");
  refused(classify("other", {"--scale", "none"}), 2, "'classify' has no --scale");
  refused({"train", "tag", "--from", "bert", "--data", "trips.conll", "--text-column", "a"}, 2,
          "'tag' has no --text-column");
  refused({"train", "tag", "--from", "bert", "--data", "reviews/train.csv", "--out", "x"}, 1,
          "a word and its tag on each line were expected");
  refused({"train", "tabular", "--data", "reviews/train.csv", "--lora", "2"}, 2,
          "a network's recipe has no --lora; it is of classify, label, regress, tag, answer");
  refused({"train", "clasify", "--from", "bert", "--data", "reviews"}, 1, "did you mean 'classify'");
  refused({"evaluate", "hotels", "--data", "reviews", "--batch-size", "4"}, 2,
          "a model that was fine-tuned to classify has no --batch-size");
}

TEST_F(FineTuningCommand, RepeatsItselfForASeed) {
  std::string first;
  for (const std::string out : {"once", "again"}) {
    const Outcome outcome = run({"train", "answer", "--from", "gpt2", "--data", "pairs.tsv", "--epochs", "1",
                                 "--lora", "2", "--seed", "7", "--out", out, "--quiet"});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    if (first.empty()) first = weights(out);
    EXPECT_TRUE(weights(out) == first);
  }
}

TEST_F(FineTuningCommand, RefusesWhatCannotBe) {
  refused({"train", "classify", "--data", "reviews"}, 2, "needs the folder of a checkpoint (--from DIR)");
  refused({"train", "classify", "--from", "bert"}, 2, "needs --data");
  refused({"train", "classify", "--from", "reviews", "--data", "reviews"}, 1, "config.json");
  refused({"train", "classify", "--from", "nothing", "--data", "reviews"}, 1, "is no folder");
  refused(classify("other", {"--lora-targets", "query"}), 2, "--lora-targets belongs to --lora");
  refused(classify("other", {"--lora", "2", "--lora-targets", "querry"}), 1, "did you mean 'query'");
  refused(classify("other", {"--model", "lstm"}), 2, "--from names the checkpoint");
  refused(classify("other", {"--label-column", "stars"}), 1, "stars");
  refused(classify("hotels"), 1, "'hotels' holds a model already");
  refused(classify("hotels.keras"), 2, "saved as a folder");
  write_file(*folder_ / "one.csv", "text,label\na,good\nb,good\nc,good\n");
  refused({"train", "classify", "--from", "bert", "--data", "one.csv", "--out", "x"}, 1,
          "one class only, 'good'");
  write_file(*folder_ / "numbers.csv", "a,b\n1,2\n3,4\n");
  refused(
      {"train", "classify", "--from", "bert", "--data", "numbers.csv", "--text-column", "text", "--out", "x"},
      1, "text");
  write_file(*folder_ / "unknown.csv", "text,label\nthe hotel,furious\n");
  refused({"evaluate", "hotels", "--data", "unknown.csv"}, 1, "furious");
  write_file(*folder_ / "uneven.jsonl", "{\"tokens\": [\"a\", \"b\"], \"tags\": [\"O\"]}\n");
  refused({"train", "tag", "--from", "bert", "--data", "uneven.jsonl", "--out", "x"}, 1,
          "line 1: 2 words and 1 tags");
  refused({"train", "tag", "--from", "gpt2", "--data", "trips.conll", "--out", "x"}, 1,
          "models of type 'gpt2' have no class ...ForTokenClassification");
  refused({"train", "answer", "--from", "bert", "--data", "pairs.tsv", "--out", "x"}, 1, "does not write");
  refused({"train", "answer", "--from", "gpt2", "--data", "reviews/train.csv", "--out", "x"}, 1,
          "'reviews/train.csv': unknown column 'prompt'");
  refused({"evaluate", "hotels"}, 2, "--data is missing");
}

}  // namespace
}  // namespace lamina
