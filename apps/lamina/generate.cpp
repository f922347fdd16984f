// lamina generate and lamina translate: language models write.
#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "cli.h"
#include "interrupt.h"
#include "lamina/base/error.h"
#include "lamina/base/terminal.h"
#include "lamina/text/tokenizers/pretrained_tokenizer.h"
#include "lamina/zoo/transformers/language_model.h"
#include "lamina/zoo/transformers/pretrained_model.h"
#include "lamina/zoo/transformers/responder.h"
#include "lamina/zoo/transformers/stop_strings.h"
#include "precision.h"

namespace lamina::cli {
namespace {

struct Options {
  std::string model, ids, text;
  std::optional<int> max_new_tokens, min_new_tokens, num_beams, num_return_sequences, top_k,
      no_repeat_ngram_size;
  std::string temperature, top_p, min_p, repetition_penalty, length_penalty;
  std::vector<std::string> stop;
  uint64_t seed = 0;
  bool do_sample = false, json = false;
  Precision precision;
  Place place;
};

std::vector<int32_t> ids_of(const std::string& text) {
  std::vector<int32_t> ids;
  const char *at = text.data(), *const end = at + text.size();
  for (;;) {
    while (at < end && *at == ' ') ++at;
    int32_t id = 0;
    const auto [next, error] = std::from_chars(at, end, id);
    if (error != std::errc() || id < 0)
      throw UsageError(fmt::format("generate: --ids takes numbers between commas (3,14,15), not '{}'", text));
    ids.push_back(id);
    for (at = next; at < end && *at == ' ';) ++at;
    if (at == end) return ids;
    if (*at++ != ',')
      throw UsageError(fmt::format("generate: --ids takes numbers between commas (3,14,15), not '{}'", text));
  }
}

std::optional<double> number(const char* option, const std::string& text) {
  if (text.empty()) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    throw UsageError(fmt::format("generate: {} takes a number, not '{}'", option, text));
  return value;
}

GenerateOptions how(const Options& options) {
  GenerateOptions how;
  how.max_new_tokens = options.max_new_tokens;
  how.min_new_tokens = options.min_new_tokens;
  how.num_beams = options.num_beams;
  how.num_return_sequences = options.num_return_sequences;
  how.top_k = options.top_k;
  how.no_repeat_ngram_size = options.no_repeat_ngram_size;
  how.temperature = number("--temperature", options.temperature);
  how.top_p = number("--top-p", options.top_p);
  how.min_p = number("--min-p", options.min_p);
  how.repetition_penalty = number("--repetition-penalty", options.repetition_penalty);
  how.length_penalty = number("--length-penalty", options.length_penalty);
  how.seed = options.seed;
  // What only sampling heeds asks for it.
  if (options.do_sample || how.temperature || how.top_k || how.top_p || how.min_p) how.do_sample = true;
  // What is asked for here counts, and not what the folder says: the two do not go together.
  if (how.do_sample && !how.num_beams) how.num_beams = 1;
  if (!how.do_sample && how.num_beams.value_or(1) > 1) how.do_sample = false;
  return how;
}

/// Text as a terminal may have it: lines and tabs stay, other control characters do not.
std::string shown(const std::string& text) {
  std::string result;
  size_t begin = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\n' && text[i] != '\t') continue;
    result += printable(text.substr(begin, i - begin)) + text[i];
    begin = i + 1;
  }
  return result + printable(text.substr(begin));
}

Json json_of(const std::vector<int32_t>& ids) {
  Json list = Json::list();
  for (const int32_t id : ids) list.push_back(id);
  return list;
}

/// The tokens of the prompt. What is to be gone on with has to be read in full; an encoder may make do with
/// a token for what it does not know.
std::vector<int32_t> prompt_of(const Options& options, const PretrainedModel& model,
                               const std::optional<PretrainedTokenizer>& tokenizer) {
  if (!options.ids.empty()) return ids_of(options.ids);
  if (model.is_encoder_decoder()) return tokenizer->encode(options.text).ids;
  // One that was fine-tuned to answer has learned where a prompt ends.
  return readable_tokens(*tokenizer,
                         options.text + Responder::separator_of(model.config_json()).value_or(""));
}

/// The tokenizer beside the model, if there is one; a text needs it.
std::optional<PretrainedTokenizer> tokenizer_of(const Options& options) {
  try {
    return AutoTokenizer::from_pretrained(options.model);
  } catch (const FileError&) {
    if (!options.text.empty() || !options.stop.empty()) throw;
    return std::nullopt;
  }
}

int generate(const Options& options) {
  if (options.ids.empty() == options.text.empty())
    throw UsageError("generate: give a text or --ids, one of them");
  options.precision.options();  // refused before anything is read
  const Undisturbed undisturbed;
  auto scope = enter(options.place);
  const std::optional<PretrainedTokenizer> tokenizer = tokenizer_of(options);
  const std::shared_ptr<PretrainedModel> model =
      AutoModel::from_pretrained(options.model, options.precision.options());
  const std::vector<int32_t> prompt = prompt_of(options, *model, tokenizer);
  GenerateOptions settings = how(options);
  if (!options.stop.empty()) settings.stops = stop_strings(*tokenizer, options.stop);
  const bool streams = !options.json && options.num_return_sequences.value_or(1) == 1;
  std::optional<StreamingDecoder> stream;
  if (streams && tokenizer) stream.emplace(*tokenizer, DecodeOptions{.skip_special_tokens = true});
  const Interrupt interrupt;
  settings.on_token = [&](size_t, int32_t id) {
    if (stream) tell(stdout, shown(stream->put(id)));
    return !interrupt.flag();
  };
  const std::vector<std::vector<int32_t>> answers =
      model->generate(std::vector<std::vector<int32_t>>{prompt}, settings);
  const auto text_of = [&](const std::vector<int32_t>& ids) {
    return tokenizer ? Json(tokenizer->decode(ids, {.skip_special_tokens = true})) : Json();
  };
  if (options.json) {
    Json result = Json::object({{"ids", json_of(answers.at(0))}, {"text", text_of(answers.at(0))}});
    if (answers.size() > 1) {
      Json all = Json::list();
      for (const auto& ids : answers)
        all.push_back(Json::object({{"ids", json_of(ids)}, {"text", text_of(ids)}}));
      result["sequences"] = std::move(all);
    }
    if (interrupt.flag()) result["interrupted"] = true;
    print_json(result);
  } else if (stream) {
    tell(stdout, shown(stream->finish()) + "\n");
  } else {
    for (const auto& ids : answers) {
      const Json text = text_of(ids);
      fmt::print("{}\n", text.is_string() ? shown(text.as_string()) : fmt::format("{}", fmt::join(ids, ",")));
    }
  }
  if (interrupt.flag()) throw Error("interrupted; what was written until then is above");
  return 0;
}

void add_options(Command& command, Options& options) {
  command.add(options.model, {.name = "--model",
                              .help = "Folder as Hugging Face's save_pretrained writes it: config.json, "
                                      "model.safetensors, tokenizer files",
                              .type = "DIR",
                              .required = true});
  command.add(options.max_new_tokens,
              {.name = "--max-new-tokens", .help = "Most tokens to write", .type = "N", .least = 1});
  command.add(options.min_new_tokens,
              {.name = "--min-new-tokens", .help = "Fewest tokens to write", .type = "N", .least = 0});
  command.add(
      options.num_beams,
      {.name = "--num-beams", .help = "Texts that are followed at the same time", .type = "K", .least = 1});
  command.add(
      options.num_return_sequences,
      {.name = "--num-return-sequences", .help = "Texts to give, the best first", .type = "N", .least = 1});
  command.add(
      options.length_penalty,
      {.name = "--length-penalty", .help = "Power of the length that beams are divided by", .type = "X"});
  command.add(options.repetition_penalty, {.name = "--repetition-penalty",
                                           .help = "Above 1 makes tokens that were there already less likely",
                                           .type = "X"});
  command.add(options.no_repeat_ngram_size, {.name = "--no-repeat-ngram-size",
                                             .help = "So many tokens in a row do not come twice",
                                             .type = "N",
                                             .least = 0});
  command.flag(options.do_sample, "--do-sample",
               "Draw tokens instead of taking the likeliest; so do the next four");
  command.add(options.temperature,
              {.name = "--temperature", .help = "Above 1 draws more freely, below 1 less", .type = "X"});
  command.add(
      options.top_k,
      {.name = "--top-k", .help = "Draw from the N likeliest tokens; 0: from all", .type = "N", .least = 0});
  command.add(
      options.top_p,
      {.name = "--top-p", .help = "Draw from the likeliest tokens that make up P together", .type = "P"});
  command.add(options.min_p, {.name = "--min-p",
                              .help = "Draw from tokens at least P times as likely as the likeliest",
                              .type = "P"});
  command.add(options.seed,
              {.name = "--seed", .help = "Of what is drawn", .type = "N", .show_default = true});
  command.add(options.stop, {.name = "--stop", .help = "End when this has been written", .type = "TEXT"});
  add_precision(command, options.precision);
  add_place(command, options.place);
  add_json(command, options.json, "{\"ids\": [new ids], \"text\": ...}");
}

}  // namespace

void add_generate(CLI::App& app, Action& action) {
  Command command(app, "generate", "Let a language model go on with a text, or answer it");
  auto options = std::make_shared<Options>();
  command.add(options->text, {.name = "TEXT", .help = "What the model gets to read"});
  command.add(options->ids, {.name = "--ids", .help = "The same as tokens", .type = "3,14,15"});
  add_options(command, *options);
  command.on_call([options, &action] { action = [options] { return generate(*options); }; });
}

void add_translate(CLI::App& app, Action& action) {
  Command command(app, "translate", "Translate a text by a model such as T5 or Marian");
  auto options = std::make_shared<Options>();
  options->max_new_tokens = 128;
  command.add(
      options->text,
      {.name = "TEXT",
       .help =
           "With the words that the model was trained with in front: \"Translate English to French: ...\"",
       .required = true});
  add_options(command, *options);
  command.on_call([options, &action] { action = [options] { return generate(*options); }; });
}

}  // namespace lamina::cli
