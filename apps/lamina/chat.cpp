// lamina chat: a conversation in the terminal, or one text a line.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "chat.h"
#include "input_lines.h"
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
  std::vector<std::string> models;
  std::string qa, intents, language = "auto", transcript, evaluate, question_column, answer_column, embedding,
                           save, index;
  std::optional<double> threshold, reply_threshold;
  std::optional<int> hold_out;
  bool consent = false, json = false, bm25 = false;
  uint64_t seed = 0;
  Place place;
  Given given;
};

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

// Puts what `path` holds into the place that it has in a bot, and that must be free.
void add_part(const std::string& path, ChatbotParts& parts) {
  const auto put = [&](auto& place, auto&& part, const char* what) {
    if (place) throw UsageError("chat: '" + path + "' is the second " + what + "; one is enough");
    place.emplace(std::forward<decltype(part)>(part));
  };
  if (is_model_folder(path)) {
    if (!translates(path))
      throw FileError("'" + path +
                      "': expected the folder of an encoder-decoder, as 'lamina train replies' makes it");
    return put(parts.writer, ReplyGenerator::from_pretrained(path), "folder that writes replies");
  }
  const Model model = load_to_ask(path);
  if (DialogueTracker::is_in(model)) return put(parts.tracker, model, "tracker of slots");
  put(parts.intents, model, "model of intents");
}

ChatbotParts parts_of(const Options& options) {
  ChatbotParts parts;
  if (!options.index.empty()) parts.answers = AnswerIndex::load(options.index);
  if (!options.qa.empty()) parts.answers = learned_index(options);
  if (!options.intents.empty()) parts.intents.emplace(load_to_ask(options.intents));
  for (const std::string& path : options.models) add_part(path, parts);
  if (options.reply_threshold && !parts.writer)
    throw UsageError("chat: --reply-threshold is of a folder that writes replies, and --model names none");
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

// Options that belong to others, and what --save and --evaluate leave no use for.
void check(const Options& options) {
  check_belongings("chat", options.given,
                   {{"--question-column", {"--qa"}},
                    {"--answer-column", {"--qa"}},
                    {"--embedding", {"--qa"}},
                    {"--bm25", {"--qa"}},
                    {"--save", {"--qa"}},
                    {"--seed", {"--qa"}},
                    {"--threshold", {"--qa", "--index"}},
                    {"--reply-threshold", {"--model"}}});
  if (!options.index.empty() && !options.qa.empty())
    throw UsageError("chat: --index holds questions and answers already: no --qa beside it");
  if (!options.embedding.empty() && options.bm25) throw UsageError("chat: --bm25 has no --embedding");
  if (options.bm25 || !options.embedding.empty()) {
    const char* const why = options.bm25 ? "--bm25" : "--embedding";
    if (!options.save.empty())
      throw UsageError(std::string("chat: --save keeps what is learned from --qa FILE: no ") + why +
                       " beside it");
    if (options.bm25 && std::count(options.given.begin(), options.given.end(), "--seed") > 0)
      throw UsageError("chat: --seed is of what is learned, and with --bm25 nothing is");
  }
  if (!options.save.empty() && !options.save.ends_with(".keras"))
    throw UsageError("chat: --save must end in .keras; got '" + options.save + "'");
  Given learns{"--qa",   "--question-column", "--answer-column", "--embedding", "--bm25",
               "--seed", "--device",          "--threads",       "--json"};
  if (!options.evaluate.empty() || options.hold_out) {
    learns.insert(learns.end(), {"--evaluate", "--hold-out"});
    take_only("chat: what --evaluate and --hold-out ask", options.given, learns);
  } else if (!options.save.empty()) {
    learns.emplace_back("--save");
    take_only("chat: what --save keeps", options.given, learns);
  }
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
  check(options);
  if (!options.evaluate.empty() || options.hold_out) return evaluate(options);
  if (!options.save.empty()) return save_index(options);
  if (options.qa.empty() && options.index.empty() && options.models.empty() && options.intents.empty())
    throw UsageError(
        "chat: give --qa FILE, --index FILE.keras, --model FILE.keras|DIR or --intents FILE.keras, at least "
        "one of them");
  if (options.consent != !options.transcript.empty())
    throw UsageError(options.consent
                         ? "chat: --consent says that --transcript FILE may keep what is said"
                         : "chat: --transcript keeps what is said only where those who speak have "
                           "agreed to it, which --consent says");
  const ChatbotOptions how{.language = language_of(options.language),
                           .answer_threshold = options.threshold,
                           .reply_threshold = options.reply_threshold};
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
  constexpr size_t kMost = 65536;  // bytes of a line; what is beyond is dropped
  InputLines lines(interrupt.flag(), kMost);
  std::string line;
  for (;;) {
    if (prompts) tell(stdout, "> ");
    if (!lines.next(line)) break;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const ChatReply reply = bot.reply(line);
    if (options.json) {
      print_json(reply.to_json());
    } else {
      tell(stdout, shown(reply.text) + "\n");
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
      options->models,
      {.name = "--model",
       .help = "Tracker of slots, as 'lamina train dialogue' makes it, model of intents, or folder that "
               "writes replies, as 'lamina train replies' makes it; one of each may be named",
       .type = "FILE.keras|DIR"});
  command.add(options->language, {.name = "--lang",
                                  .help = "Of what the bot says itself; auto: that of the text",
                                  .choices = {"auto", "en", "zh"},
                                  .show_default = true});
  command.add(options->threshold,
              {.name = "--threshold",
               .help = "Confidence from which an answer is told (default: chosen on entries "
                       "that are held out)",
               .type = "X",
               .least = 0,
               .most = 1});
  command.add(options->reply_threshold,
              {.name = "--reply-threshold",
               .help = "Confidence from which a written reply is told (default: what 'lamina train replies' "
                       "has chosen on turns that are held out)",
               .type = "X",
               .least = 0,
               .most = 1});
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
  command.on_call([options, command, &action] {
    options->given = command.given();
    action = [options] { return chat(*options); };
  });
}

}  // namespace lamina::cli
