// lamina chat: a conversation in the terminal, or one text a line.
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <optional>

#include "chat.h"
#include "interrupt.h"
#include "lamina/base/error.h"
#include "lamina/base/terminal.h"
#include "lamina/base/utf8.h"
#include "lamina/chat/chatbot.h"
#include "lamina/chat/retrieval_trial.h"
#include "lamina/chat/transcript.h"
#include "train_language.h"
#include "translation.h"

namespace lamina::cli {
namespace {

struct Options {
  std::string model, qa, intents, language = "auto", transcript, evaluate, question_column, answer_column,
                                  threshold, reply_threshold, embedding, save, index;
  std::optional<int> hold_out;
  bool consent = false, json = false, bm25 = false;
  uint64_t seed = 0;
  Place place;
};

/// Lines of standard input, of bounded length, that an interrupt does not wait for.
class Lines {
 public:
  explicit Lines(const std::atomic<bool>& stop) : stop_(stop) {}

  /// False at the end, or when a signal asks to stop. What a line has beyond kMost bytes is dropped.
  bool next(std::string& line) {
    line.clear();
    for (;;) {
      const size_t end = waiting_.find('\n');
      const size_t taken = end == std::string::npos ? waiting_.size() : end;
      line.append(waiting_, 0, std::min(taken, kMost - std::min(kMost, line.size())));
      waiting_.erase(0, end == std::string::npos ? taken : end + 1);
      if (end != std::string::npos) return true;
      if (!fill()) return !stop_ && !line.empty();
    }
  }

 private:
  static constexpr size_t kMost = 65536;

  bool fill() {
    while (!stop_) {
      pollfd input{STDIN_FILENO, POLLIN, 0};
      const int ready = ::poll(&input, 1, 100);
      if (ready == 0 || (ready < 0 && errno == EINTR)) continue;
      char bytes[4096];
      const ssize_t count = ready < 0 ? -1 : ::read(STDIN_FILENO, bytes, sizeof bytes);
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return false;
      waiting_.assign(bytes, static_cast<size_t>(count));
      return true;
    }
    return false;
  }

  const std::atomic<bool>& stop_;
  std::string waiting_;
};

/// A reply as a terminal may have it, line by line.
std::string shown(const std::string& text) {
  std::string result;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    result += printable(text.substr(at, end - at)) + "\n";
    at = end + 1;
  }
  return result;
}

ChatLanguage language_of(const std::string& name) {
  return name == "en" ? ChatLanguage::kEnglish : name == "zh" ? ChatLanguage::kChinese : ChatLanguage::kAuto;
}

std::vector<QuestionAnswer> entries_of(const std::string& path, const Options& options) {
  return read_question_answers(path, {options.question_column, options.answer_column});
}

AnswerIndexOptions index_options(const Options& options) {
  AnswerIndexOptions how;
  how.embed = !options.bm25;
  how.encoder.seed = options.seed;
  if (!options.embedding.empty()) how.loaded = SentenceEncoder::from_pretrained(options.embedding);
  return how;
}

AnswerIndex learned_index(const Options& options) {
  return with_data_of(options.qa,
                      [&] { return AnswerIndex(entries_of(options.qa, options), index_options(options)); });
}

ChatbotParts parts_of(const Options& options) {
  ChatbotParts parts;
  if (!options.index.empty()) parts.answers = AnswerIndex::load(options.index);
  if (!options.qa.empty()) parts.answers = learned_index(options);
  if (!options.intents.empty()) parts.intents.emplace(load_to_ask(options.intents));
  if (!options.model.empty() && is_model_folder(options.model)) {
    if (!translates(options.model))
      throw FileError("'" + options.model +
                      "': expected the folder of an encoder-decoder, as 'lamina train replies' makes it");
    parts.writer.emplace(ReplyGenerator::from_pretrained(options.model));
  } else if (!options.model.empty()) {
    const Model model = load_to_ask(options.model);
    if (DialogueTracker::is_in(model)) {
      parts.tracker.emplace(model);
    } else {
      parts.intents.emplace(model);
    }
  }
  return parts;
}

void add_metrics(Json& json, const std::string& prefix, const RetrievalMetrics& metrics) {
  json[prefix + "recall_at_1"] = metrics.recall_at_1;
  json[prefix + "recall_at_5"] = metrics.recall_at_5;
  json[prefix + "mrr"] = metrics.mrr;
}

int evaluate(const Options& options) {
  if (options.qa.empty()) throw UsageError("chat: --evaluate and --hold-out ask --qa FILE");
  if (!options.evaluate.empty() && options.hold_out)
    throw UsageError("chat: --evaluate and --hold-out exclude each other");
  const RetrievalTrial trial = with_data_of(options.qa, [&] {
    const std::vector<QuestionAnswer> entries = entries_of(options.qa, options);
    if (options.hold_out) return try_retrieval_held_out(entries, *options.hold_out, index_options(options));
    return try_retrieval(entries, entries_of(options.evaluate, options), index_options(options));
  });
  if (options.json) {
    Json json = Json::object({{"questions", trial.questions}});
    add_metrics(json, "", trial.learned);
    add_metrics(json, "bm25_", trial.bm25);
    json["weight"] = trial.weight, json["threshold"] = trial.threshold;
    json["told"] = trial.told, json["told_right"] = trial.told_right;
    json["told_without_answer"] = trial.told_without;
    print_json(json);
    return 0;
  }
  const auto line = [](const char* name, const RetrievalMetrics& metrics) {
    return fmt::format("{:<8} recall@1 {:.4f}  recall@5 {:.4f}  MRR {:.4f}\n", name, metrics.recall_at_1,
                       metrics.recall_at_5, metrics.mrr);
  };
  tell(stdout,
       fmt::format("{} questions\n", trial.questions) + line("BM25", trial.bm25) +
           line("learned", trial.learned) +
           fmt::format("told by the bot: {:.4f}, of these right: {:.4f}; told without a right answer in the "
                       "file: {:.4f}\n",
                       trial.told, trial.told_right, trial.told_without));
  return 0;
}

std::optional<double> threshold_of(const std::string& text, const char* name) {
  if (text.empty()) return std::nullopt;
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (end != text.c_str() + text.size() || !(value >= 0 && value <= 1))
    throw UsageError(std::string("chat: ") + name + " takes a number from 0 to 1, not '" + text + "'");
  return value;
}

// Options of --qa and --index that exclude each other.
void check_index(const Options& options) {
  const bool kept = !options.index.empty();
  if (kept && (!options.qa.empty() || options.bm25 || !options.embedding.empty() || !options.save.empty()))
    throw UsageError(
        "chat: --index holds questions, answers and their embedding: no --qa, --bm25, --embedding or "
        "--save beside it");
  if (!options.embedding.empty() && options.bm25) throw UsageError("chat: --bm25 has no --embedding");
  if (!options.save.empty() && (options.qa.empty() || options.bm25 || !options.embedding.empty()))
    throw UsageError(
        "chat: --save keeps what is learned from --qa FILE: no --bm25 and no --embedding beside it");
  if (!options.save.empty() && !options.save.ends_with(".keras"))
    throw UsageError("chat: --save must end in .keras; got '" + options.save + "'");
}

int save_index(const Options& options) {
  if (std::error_code ignored; std::filesystem::exists(options.save, ignored))
    throw FileError("'" + options.save + "' is there already: give another --save, or remove it");
  auto scope = enter(options.place);
  const AnswerIndex index = learned_index(options);
  index.save(options.save);
  if (options.json) {
    print_json(Json::object({{"index", options.save},
                             {"entries", index.entries().size()},
                             {"weight", index.weight()},
                             {"threshold", index.threshold()}}));
  } else {
    tell(stdout, fmt::format("Saved {} with {} entries.\n", printable(options.save), index.entries().size()));
  }
  return 0;
}

int chat(const Options& options) {
  check_index(options);
  if (!options.evaluate.empty() || options.hold_out) return evaluate(options);
  if (!options.save.empty()) return save_index(options);
  if (options.qa.empty() && options.index.empty() && options.model.empty() && options.intents.empty())
    throw UsageError(
        "chat: give --qa FILE, --index FILE.keras, --model FILE.keras|DIR or --intents FILE.keras, at least "
        "one of them");
  if (options.consent != !options.transcript.empty())
    throw UsageError(options.consent
                         ? "chat: --consent says that --transcript FILE may keep what is said"
                         : "chat: --transcript keeps what is said only where those who speak have "
                           "agreed to it, which --consent says");
  const ChatbotOptions how{.language = language_of(options.language),
                           .answer_threshold = threshold_of(options.threshold, "--threshold"),
                           .reply_threshold = threshold_of(options.reply_threshold, "--reply-threshold")
                                                  .value_or(ChatbotOptions().reply_threshold)};
  const Undisturbed undisturbed;
  auto scope = enter(options.place);
  std::error_code ignored;
  if (!options.transcript.empty() && !options.qa.empty() &&
      std::filesystem::equivalent(options.transcript, options.qa, ignored))
    throw UsageError("chat: --transcript is the file of --qa, which it would spoil");
  std::optional<Transcript> transcript;
  if (!options.transcript.empty()) transcript.emplace(options.transcript, Consent::kGiven);
  Chatbot bot(parts_of(options), how);
  const bool prompts = !options.json && ::isatty(STDIN_FILENO) && ::isatty(STDOUT_FILENO);
  const Interrupt interrupt;
  Lines lines(interrupt.flag());
  std::string line;
  for (;;) {
    if (prompts) tell(stdout, "> ");
    if (!lines.next(line)) break;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const ChatReply reply = bot.reply(line);
    if (options.json) {
      print_json(reply.to_json());
    } else {
      tell(stdout, shown(reply.text));
    }
    if (transcript) {
      Json turn = reply.to_json();
      turn["text"] = valid_utf8(line);
      transcript->write(turn);
    }
  }
  if (prompts) tell(stdout, "\n");
  return 0;
}

}  // namespace

void add_chat(CLI::App& app, Action& action) {
  Command command(app, "chat",
                  "Talk: answers from a file of questions, intents, slots; unsure, a person is asked");
  command.footer(
      "Reads one text a line from standard input and prints one reply to each; its end, or Ctrl-C, ends the "
      "conversation.\nNothing is kept without --transcript and --consent.");
  auto options = std::make_shared<Options>();
  command.add(options->qa,
              {.name = "--qa",
               .help = "Questions and answers: .csv, .tsv, .json, .jsonl, .yml, or a folder of them",
               .type = "FILE"});
  command.add(options->intents, {.name = "--intents",
                                 .help = "Model of intents, as 'lamina train clinc150' makes it",
                                 .type = "FILE.keras"});
  command.add(
      options->model,
      {.name = "--model",
       .help = "Tracker of slots, as 'lamina train dialogue' makes it, model of intents, or folder that "
               "writes replies, as 'lamina train replies' makes it",
       .type = "FILE.keras|DIR"});
  command.add(options->language, {.name = "--lang",
                                  .help = "Of what the bot says itself; auto: that of the text",
                                  .choices = {"auto", "en", "zh"},
                                  .show_default = true});
  command.add(options->threshold,
              {.name = "--threshold",
               .help = "Confidence from which an answer is told (default: chosen on entries "
                       "that are held out)",
               .type = "X"});
  command.add(options->reply_threshold,
              {.name = "--reply-threshold",
               .help = "Confidence from which a written reply is told (default: 0.5)",
               .type = "X"});
  command.add(
      options->question_column,
      {.name = "--question-column", .help = "Of --qa (default: question, or the first)", .type = "NAME"});
  command.add(
      options->answer_column,
      {.name = "--answer-column", .help = "Of --qa (default: answer, or the second)", .type = "NAME"});
  command.add(options->embedding,
              {.name = "--embedding",
               .help = "Folder of a BERT or its like, whose hidden states compare questions; "
                       "otherwise an embedding is learned from --qa",
               .type = "DIR"});
  command.add(options->save, {.name = "--save",
                              .help = "Keep what is learned from --qa in this file, for --index, and end",
                              .type = "FILE.keras"});
  command.add(options->index,
              {.name = "--index", .help = "Answers that --save kept, instead of --qa", .type = "FILE.keras"});
  command.flag(options->bm25, "--bm25", "Rank by BM25 alone: nothing is learned from --qa");
  command.add(options->transcript,
              {.name = "--transcript",
               .help = "Append the turns to this file, without e-mail addresses, telephone and card numbers",
               .type = "FILE"});
  command.flag(options->consent, "--consent", "Those who speak agree to --transcript");
  command.add(options->evaluate,
              {.name = "--evaluate",
               .help = "Ask the questions of this file of --qa, and count right answers, beside "
                       "BM25's",
               .type = "FILE"});
  command.add(options->hold_out,
              {.name = "--hold-out",
               .help = "The same with every N-th question of --qa, which is taken out of it",
               .type = "N",
               .least = 2});
  command.add(options->seed,
              {.name = "--seed", .help = "Of what is learned", .type = "N", .show_default = true});
  add_place(command, options->place);
  add_json(command, options->json, "one object a turn, or what --evaluate counted");
  command.on_call([options, &action] { action = [options] { return chat(*options); }; });
}

}  // namespace lamina::cli
