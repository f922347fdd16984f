// One list of options for both commands; folders are looked for before anything is read.
#include "generate_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "catalogue.h"
#include "lamina/base/log.h"
#include "lamina/zoo/transformers/language_model.h"
#include "lamina/zoo/transformers/responder.h"
#include "lamina/zoo/transformers/stop_strings.h"

namespace lamina::cli {
namespace {

/// Says how to get a model that the catalogue has, where its folder is not there.
void look_for(const std::string& folder) {
  if (std::filesystem::is_directory(folder)) return;
  const std::string name = std::filesystem::path(folder).filename().string();
  for (const CatalogueSet& set : catalogue()) {
    if (set.name != name) continue;
    const std::string place = place_of(set);
    throw FileError(fmt::format("there is no folder '{}'; {}", folder,
                                place.empty() ? fmt::format("lamina data get {} fetches it", name)
                                              : fmt::format("--model {} is it", place)));
  }
}

/// The tokenizer beside the model, if there is one; a text needs it.
std::optional<PretrainedTokenizer> tokenizer_of(const WritingOptions& options) {
  try {
    return AutoTokenizer::from_pretrained(options.model);
  } catch (const FileError&) {
    if (options.ids.empty() || !options.stop.empty()) throw;
    return std::nullopt;
  }
}

}  // namespace

std::vector<int32_t> Writer::ids_of(const std::string& text) {
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

GenerateOptions how(const WritingOptions& options) {
  GenerateOptions how;
  how.max_new_tokens = options.max_new_tokens;
  how.min_new_tokens = options.min_new_tokens;
  how.num_beams = options.num_beams;
  how.num_return_sequences = options.num_return_sequences;
  how.top_k = options.top_k;
  how.no_repeat_ngram_size = options.no_repeat_ngram_size;
  how.temperature = options.temperature;
  how.top_p = options.top_p;
  how.min_p = options.min_p;
  how.repetition_penalty = options.repetition_penalty;
  how.length_penalty = options.length_penalty;
  how.seed = options.seed;
  how.cache = options.cache;
  if (options.num_assistant_tokens) how.num_assistant_tokens = *options.num_assistant_tokens;
  // What only sampling heeds asks for it.
  if (options.do_sample || how.temperature || how.top_k || how.top_p || how.min_p) how.do_sample = true;
  // What is asked for here counts, and not what the folder says.
  if ((how.do_sample || !options.draft.empty()) && !how.num_beams) how.num_beams = 1;
  if (!how.do_sample && how.num_beams.value_or(1) > 1) how.do_sample = false;
  return how;
}

Writer::Writer(const WritingOptions& options) : how(cli::how(options)) {
  look_for(options.model);
  tokenizer = tokenizer_of(options);
  model = AutoModel::from_pretrained(options.model, options.precision.options());
  if (!options.stop.empty()) how.stops = stop_strings(*tokenizer, options.stop);
  if (options.draft.empty()) return;
  look_for(options.draft);
  how.draft = AutoModel::from_pretrained(options.draft, options.draft_quantize.empty()
                                                            ? options.precision.options()
                                                            : PretrainedOptions{options.draft_quantize});
}

std::vector<int32_t> Writer::prompt_of(const std::string& text) const {
  if (model->is_encoder_decoder()) return tokenizer->encode(text).ids;
  // One that was fine-tuned to answer has learned where a prompt ends.
  return readable_tokens(*tokenizer, text + Responder::separator_of(model->config_json()).value_or(""));
}

Json Writer::text_of(const std::vector<int32_t>& ids) const {
  return tokenizer ? Json(tokenizer->decode(ids, {.skip_special_tokens = true})) : Json();
}

Json Writer::json_of(const std::vector<int32_t>& ids) const {
  Json list = Json::list();
  for (const int32_t id : ids) list.push_back(id);
  return Json::object({{"ids", std::move(list)}, {"text", text_of(ids)}});
}

void Writer::check_known(const std::vector<int32_t>& ids) {
  if (!tokenizer || warned_) return;
  const auto found =
      std::find_if(ids.begin(), ids.end(), [&](int32_t id) { return id >= tokenizer->size(); });
  if (found == ids.end()) return;
  warned_ = true;
  warn(
      fmt::format("the model wrote token {}, and the tokenizer has {}, 0 to {}, of the model's {}: such "
                  "tokens have no text; do they belong together?",
                  *found, tokenizer->size(), tokenizer->size() - 1, model->vocab_size()));
}

void add_writing_options(Command& command, WritingOptions& options) {
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
  command.add(options.draft, {.name = "--draft",
                              .help = "Folder of a smaller model with the same tokens, which proposes what "
                                      "the model then reads together; texts stay what they are",
                              .type = "DIR"});
  command.add(options.draft_quantize,
              {.name = "--draft-quantize",
               .help = "Weights of the draft in fewer bits: a model can be its own draft; by default as "
                       "--quantize says",
               .choices = {"int8", "int4", "bfloat16"}});
  command.add(options.num_assistant_tokens, {.name = "--num-assistant-tokens",
                                             .help = "Tokens that the draft proposes at a time; by default 5",
                                             .type = "N",
                                             .least = 1,
                                             .most = 64});
  command.add(options.cache,
              {.name = "--cache",
               .help = "Keep what was read of a text in fewer bits: a quarter of the memory, less exact",
               .choices = {"int8"}});
  command.add(options.input,
              {.name = "--input",
               .help = "File with a text on each line, -: standard input, as it comes; what follows comes "
                       "in their order, a line each",
               .type = "FILE"});
  command.add(options.prefix, {.name = "--prefix",
                               .help = "In front of each line of --input; what is the same is read once",
                               .type = "TEXT"});
  command.add(options.batch, {.name = "--batch",
                              .help = "Lines of --input that are gone on with at the same time",
                              .type = "N",
                              .least = 1,
                              .most = 1024,
                              .show_default = true});
  add_precision(command, options.precision);
  add_place(command, options.place);
  add_json(command, options.json, "{\"ids\": [new ids], \"text\": ...}");
}

}  // namespace lamina::cli
