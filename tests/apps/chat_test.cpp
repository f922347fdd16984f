// lamina chat, and train and evaluate of trackers, as a user calls them.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "lamina/base/json.h"
#include "tests/support/program.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

class Chat : public ::testing::Test {
 protected:
  Chat() {
    write("shop.csv",
          "question,answer\nWhen do you open?,At nine.\nWhere is my parcel?,On its "
          "way.\n怎么退货？,请申请退货。\n");
  }
  void write(const std::string& name, const std::string& content) {
    std::ofstream(folder_ / name, std::ios::binary) << content;
  }
  std::string read(const std::string& name) {
    std::stringstream text;
    text << std::ifstream(folder_ / name).rdbuf();
    return text.str();
  }
  // The program with `input` as its standard input.
  test::Outcome ask(const std::string& input, const std::string& arguments) {
    write("input.txt", input);
    test::Running shell("/bin/sh", folder_.path(),
                        {"-c", "'" + test::program_path() + "' chat " + arguments + " < input.txt"}, {}, "");
    return shell.wait();
  }
  test::TemporaryFolder folder_;
};

TEST_F(Chat, AnswersLineByLineAndHandsOver) {
  const test::Outcome said =
      ask("when do you open\n\n  \n请问怎么退货\nwhy is the sky blue", "--qa shop.csv --bm25");
  EXPECT_EQ(said.status, 0) << said.err;
  ASSERT_EQ(said.lines().size(), 3u) << said.out;
  EXPECT_EQ(said.lines()[0], "At nine.");
  EXPECT_EQ(said.lines()[1], "请申请退货。");
  EXPECT_NE(said.lines()[2].find("person"), std::string::npos);
  EXPECT_EQ(ask("", "--qa shop.csv --bm25").out, "");
}

TEST_F(Chat, JsonIsOneObjectATurn) {
  const test::Outcome said = ask("where is my parcel?\nblue sky\n" + std::string(300000, 'x') + "\nopen?\n",
                                 "--qa shop.csv --bm25 --lang zh --json");
  ASSERT_EQ(said.lines().size(), 4u) << said.err;
  const Json first = Json::parse(said.lines()[0]), second = Json::parse(said.lines()[1]);
  EXPECT_EQ(first.at("reply"), Json("On its way."));
  EXPECT_EQ(first.at("source"), Json("answer"));
  EXPECT_EQ(first.at("handed_over"), Json(false));
  EXPECT_EQ(second.at("handed_over"), Json(true));
  EXPECT_NE(second.at("reply").as_string().find("人工"), std::string::npos);
  EXPECT_EQ(Json::parse(said.lines()[2]).at("source"), Json("none"));
}

TEST_F(Chat, TranscriptsNeedConsentAndAreRedacted) {
  EXPECT_EQ(ask("hi\n", "--qa shop.csv --bm25 --transcript said.jsonl").status, 2);
  EXPECT_EQ(ask("hi\n", "--qa shop.csv --bm25 --consent").status, 2);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "said.jsonl"));
  const test::Outcome said = ask("my parcel, ann@example.com, 4111-1111-1111-1111, +44 20 7946 0958\n",
                                 "--qa shop.csv --bm25 --transcript said.jsonl --consent");
  EXPECT_EQ(said.status, 0) << said.err;
  EXPECT_EQ(Json::parse(read("said.jsonl")).at("text"), Json("my parcel, [email], [card], [phone]"));
}

TEST_F(Chat, CountsWhatItFinds) {
  const test::Outcome all = ask("", "--qa shop.csv --bm25 --evaluate shop.csv --json");
  EXPECT_EQ(all.status, 0) << all.err;
  const Json json = Json::parse(all.out);
  EXPECT_EQ(json.at("questions"), Json(3));
  EXPECT_EQ(json.at("recall_at_1"), Json(1.0));
  EXPECT_EQ(json.at("bm25_mrr"), Json(1.0));
  EXPECT_EQ(ask("", "--qa shop.csv --bm25 --hold-out 3 --json").status, 0);
  EXPECT_NE(ask("", "--qa shop.csv --hold-out 4").err.find("cannot be held out"), std::string::npos);
}

TEST_F(Chat, AnswersFromAKeptIndex) {
  const test::Outcome saved = ask("", "--qa shop.csv --save shop.keras");
  ASSERT_EQ(saved.status, 0) << saved.err;
  EXPECT_NE(saved.out.find("3 entries"), std::string::npos) << saved.out;
  const std::string words = "where is my parcel\n怎么退货\nwho won the cup\n";
  EXPECT_EQ(ask(words, "--index shop.keras --json").out, ask(words, "--qa shop.csv --json").out);
  EXPECT_EQ(ask("", "--qa shop.csv --save shop.keras").status, 1);  // it is there
  EXPECT_EQ(ask("hi\n", "--index shop.csv").status, 1);
  EXPECT_EQ(ask("hi\n", "--index shop.keras --qa shop.csv").status, 2);
  EXPECT_EQ(ask("", "--qa shop.csv --bm25 --save other.keras").status, 2);
  EXPECT_EQ(ask("", "--qa shop.csv --save other.txt").status, 2);
  EXPECT_EQ(ask("hi\n", "--qa shop.csv --embedding nowhere").status, 1);
}

// Questions and answers about eight towns.
std::string timetable() {
  std::string table = "question,answer\n";
  for (const char* town : {"rome", "oslo", "paris", "turin", "london", "berlin", "madrid", "lisbon"}) {
    for (const char* frame : {"a ticket to ", "i want to go to ", "when is a train to "})
      table += std::string(frame) + town + ",the train to " + town + " leaves at nine\n";
  }
  return table;
}

TEST_F(Chat, RepliesThatAreWritten) {
  write("trains.csv", timetable());
  const auto run = [&](const std::string& words) {
    std::istringstream stream(words);
    return test::run_lamina(
        folder_.path(), {std::istream_iterator<std::string>(stream), std::istream_iterator<std::string>()},
        {});
  };
  const test::Outcome trained = run("train replies --data trains.csv --epochs 3 --out trains --json");
  ASSERT_EQ(trained.status, 0) << trained.err;
  const Json last = Json::parse(trained.lines().back());
  for (const char* metric : {"perplexity", "chrf", "retrieval_chrf"})
    EXPECT_GT(last.at("metrics").at(metric).as_double(), 0) << metric;
  EXPECT_NE(read(last.at("report").as_string()).find("leaves at nine"), std::string::npos);
  const test::Outcome judged = run("evaluate trains --data trains.csv --json");
  ASSERT_EQ(judged.status, 0) << judged.err;
  EXPECT_EQ(Json::parse(judged.out).at("metrics"), last.at("metrics"));
  const test::Outcome said = ask("a ticket to oslo\n", "--model trains --reply-threshold 0 --json");
  EXPECT_EQ(Json::parse(said.out).at("source"), Json("written")) << said.err;
  EXPECT_EQ(Json::parse(ask("hi\n", "--model trains --reply-threshold 1 --json").out).at("handed_over"),
            Json(true));
  EXPECT_EQ(run("train replies --data trains.csv --out trains").status, 1);  // it is there
  EXPECT_EQ(run("train replies").status, 2);
  EXPECT_EQ(run("train replies --data trains.csv --out other --lora 8").status, 2);
  EXPECT_EQ(run("train dialogue --data trains.csv --from trains").status, 2);
  EXPECT_EQ(run("train replies --data trains.csv --out other --stop-words a").status, 2);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "other"));
  EXPECT_EQ(run("train replies --data shop.csv --out other").status, 1);
  EXPECT_EQ(run("evaluate trains").status, 2);
  const double threshold = last.at("threshold").as_double();
  EXPECT_EQ(Json::parse(read("trains/replies.json")).at("threshold").as_double(), threshold);
  // Without an option, that is what decides.
  const Json own = Json::parse(ask("a ticket to oslo\n", "--model trains --json").out);
  EXPECT_EQ(own.at("handed_over").as_bool(), own.at("confidence").as_double() < threshold) << own.dump();
  const test::Outcome asked = run("predict trains hello");
  EXPECT_NE(asked.err.find("writes replies, and predict cannot ask it: lamina chat"), std::string::npos)
      << asked.err;
  EXPECT_EQ(ask("hi\n", "--model trains --model trains").status, 2);
  EXPECT_EQ(run("evaluate trains --data trains.csv --scale none").status, 2);
  EXPECT_EQ(run("train replies --data trains.csv --out other --text-column turn").status, 1);
  EXPECT_EQ(run("train replies --data trains.csv --out other --scale none").status, 2);
}

TEST_F(Chat, RepliesGoOnAfterAnInterruption) {
  write("trains.csv", timetable());
  const auto words = [](const std::string& out, const std::vector<std::string>& more = {}) {
    std::vector<std::string> all{"train", "replies", "--data",       "trains.csv", "--epochs", "6",
                                 "--out", out,       "--batch-size", "128",        "--json"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  };
  const test::Outcome straight = test::run_lamina(folder_.path(), words("whole"), {});
  ASSERT_EQ(straight.status, 0) << straight.err;
  {
    test::Running running(folder_.path(), words("cut"), {"OMP_WAIT_POLICY=passive"});
    ASSERT_TRUE(running.wait_for("\"epoch\": 1"));
    running.send(SIGINT);
    const test::Outcome stopped = running.wait();
    EXPECT_EQ(stopped.status, 1);
    EXPECT_NE(stopped.err.find("--resume"), std::string::npos) << stopped.err;
  }
  const test::Outcome other = test::run_lamina(folder_.path(), words("cut", {"--resume", "--seed", "7"}), {});
  EXPECT_NE(other.err.find("seed was \"0\" and is \"7\""), std::string::npos) << other.err;
  const test::Outcome resumed = test::run_lamina(folder_.path(), words("cut", {"--resume"}), {});
  ASSERT_EQ(resumed.status, 0) << resumed.err;
  EXPECT_TRUE(read("cut/model.safetensors") == read("whole/model.safetensors"));
  EXPECT_EQ(Json::parse(resumed.lines().back()).at("metrics"),
            Json::parse(straight.lines().back()).at("metrics"));
}

TEST_F(Chat, OptionsWithoutUseAreRefused) {
  const auto refused = [&](const std::string& arguments, const std::string& why) {
    const test::Outcome said = ask("hi\n", arguments);
    EXPECT_EQ(said.status, 2) << arguments;
    EXPECT_NE(said.err.find(why), std::string::npos) << said.err;
  };
  refused("--index shop.keras --seed 3", "--seed belongs to --qa");
  refused("--index shop.keras --question-column q", "--question-column belongs to --qa");
  refused("--qa shop.csv --reply-threshold 0.5", "--reply-threshold belongs to --model");
  refused("--model x.keras --threshold 0.5", "--threshold belongs to --qa or --index");
  refused("--qa shop.csv --bm25 --seed 3", "with --bm25 nothing is");
  refused("--qa shop.csv --hold-out 2 --lang en", "has no --lang");
  refused("--qa shop.csv --save kept.keras --threshold 0.5", "has no --threshold");
  refused("--hold-out 3", "--evaluate and --hold-out ask --qa FILE");
}

TEST_F(Chat, WrongUseAndBadFilesAreTold) {
  EXPECT_EQ(ask("hi\n", "").status, 2);
  EXPECT_EQ(ask("hi\n", "--qa shop.csv --threshold 2").status, 2);
  EXPECT_EQ(ask("hi\n", "--qa shop.csv --lang fr").status, 2);
  write("one.csv", "question\nwhere\nwhen\n");
  const test::Outcome one = ask("hi\n", "--qa one.csv");
  EXPECT_EQ(one.status, 1);
  EXPECT_NE(one.err.find("two columns"), std::string::npos) << one.err;
  EXPECT_EQ(ask("hi\n", "--qa gone.csv").status, 1);
  EXPECT_EQ(ask("hi\n", "--intents shop.csv").status, 1);
}

TEST_F(Chat, CtrlCEndsIt) {
  // A pipe that says one thing and stays open, through which the reply shows that the bot is listening.
  ASSERT_EQ(::mkfifo((folder_ / "said").c_str(), 0600), 0);
  test::Running chat("/bin/sh", folder_.path(),
                     {"-c", "exec '" + test::program_path() + "' chat --qa shop.csv --bm25 <> said"}, {}, "");
  std::ofstream(folder_ / "said") << "when do you open\n";
  ASSERT_TRUE(chat.wait_for("At nine."));
  chat.send(SIGINT);
  const test::Outcome ended = chat.wait();
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(ended.out, "At nine.\n");
}

TEST_F(Chat, TrackersAreTrainedAndJudged) {
  std::string dialogues = "[";
  for (int i = 0; i < 12; ++i) {
    const std::string town = i % 2 == 0 ? "rome" : "oslo";
    dialogues += std::string(i == 0 ? "" : ",") + R"({"turns": [{"user_utterance": {"tokens": ["to", ")" +
                 town +
                 R"("], "slots": [{"slot": "to", "start": 1, "exclusive_end": 2}]},
                 "dialogue_state": [{"slot": "to", "value": ")" +
                 town + R"("}]}]})";
  }
  for (const char* part : {"train.json", "dev.json", "test.json"}) write(part, dialogues + "]");
  const auto run = [&](const std::vector<std::string>& words) {
    return test::run_lamina(folder_.path(), words);
  };
  const test::Outcome trained =
      run({"train", "dialogue", "--data", ".", "--epochs", "30", "--batch-size", "4", "--json"});
  ASSERT_EQ(trained.status, 0) << trained.err;
  const Json last = Json::parse(trained.lines().back());
  EXPECT_EQ(last.at("done"), Json(true));
  EXPECT_EQ(trained.lines().size(), 31u);
  const test::Outcome judged = run({"evaluate", "dialogue.keras", "--data", ".:dev", "--json"});
  ASSERT_EQ(judged.status, 0) << judged.err;
  EXPECT_EQ(Json::parse(judged.out).at("metrics").at("joint_goal_accuracy"),
            last.at("metrics").at("joint_goal_accuracy"));
  EXPECT_EQ(Json::parse(judged.out).at("samples"), Json(12));
  EXPECT_EQ(run({"train", "dialogue", "--data", ".", "--epochs", "1"}).status, 1);  // dialogue.keras is there
  EXPECT_EQ(run({"train", "dialogue"}).status, 2);
  EXPECT_EQ(run({"train", "dialogue", "--data", ".", "--resume"}).status, 2);
  const test::Outcome said = ask("to rome\n", "--model dialogue.keras --json");
  EXPECT_EQ(said.status, 0) << said.err;
}

}  // namespace
}  // namespace lamina
