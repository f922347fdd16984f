// lamina generate and lamina translate: language models write.
#include <fmt/format.h>

#include <optional>

#include "cli.h"
#include "generate_options.h"
#include "interrupt.h"
#include "lamina/base/error.h"

namespace lamina::cli {
namespace {

int generate(const WritingOptions& options) {
  const int given = !options.ids.empty() + !options.text.empty() + !options.input.empty();
  if (given != 1) {
    const bool ids = options.command == "generate";
    throw UsageError(options.command + (ids ? ": give a text, --ids or --input, one of them" : ": give a text or --input, one of them"));
  }
  options.precision.options();  // refused before anything is read
  check_belongings(options.command, options.given,
                   {{"--prefix", {"--input"}},
                    {"--batch", {"--input"}},
                    {"--num-assistant-tokens", {"--draft"}},
                    {"--draft-quantize", {"--draft"}}});
  const Undisturbed undisturbed;
  auto scope = enter(options.place);
  if (!options.input.empty()) return generate_lines(options);
  Writer writer(options);
  const std::vector<int32_t> prompt =
      options.ids.empty() ? writer.prompt_of(options.text) : Writer::ids_of(options.ids);
  const bool streams = !options.json && options.num_return_sequences.value_or(1) == 1;
  std::optional<StreamingDecoder> stream;
  if (streams && writer.tokenizer)
    stream.emplace(*writer.tokenizer, DecodeOptions{.skip_special_tokens = true});
  const Interrupt interrupt;
  writer.how.on_token = [&](size_t, int32_t id) {
    if (stream) tell(stdout, shown(stream->put(id)));
    return !interrupt.flag();
  };
  GenerationFigures figures;
  writer.how.on_end = [&](const GenerationFigures& all) { figures = all; };
  const std::vector<std::vector<int32_t>> answers =
      writer.model->generate(std::vector<std::vector<int32_t>>{prompt}, writer.how);
  if (options.json) {
    Json result = writer.json_of(answers.at(0));
    if (answers.size() > 1) {
      Json all = Json::list();
      for (const auto& ids : answers) all.push_back(writer.json_of(ids));
      result["sequences"] = std::move(all);
    }
    if (writer.how.draft) {
      result["drafted"] = figures.drafted;
      result["accepted"] = figures.accepted;
    }
    if (interrupt.flag()) result["interrupted"] = true;
    print_json(result);
  } else if (stream) {
    tell(stdout, shown(stream->finish()) + "\n");
  } else {
    for (const auto& ids : answers) {
      const Json text = writer.text_of(ids);
      fmt::print("{}\n", text.is_string() ? shown(text.as_string()) : fmt::format("{}", fmt::join(ids, ",")));
    }
  }
  for (const auto& ids : answers) writer.check_known(ids);
  if (interrupt.flag()) throw Error("interrupted; what was written until then is above");
  return 0;
}

}  // namespace

void add_generate(CLI::App& app, Action& action) {
  Command command(app, "generate", "Let a language model go on with a text, or answer it");
  auto options = std::make_shared<WritingOptions>();
  command.add(options->text, {.name = "TEXT", .help = "What the model gets to read"});
  command.add(options->ids, {.name = "--ids", .help = "The same as tokens", .type = "3,14,15"});
  add_writing_options(command, *options);
  command.on_call([options, command, &action] {
    options->given = command.given();
    action = [options] { return generate(*options); };
  });
}

void add_translate(CLI::App& app, Action& action) {
  Command command(app, "translate", "Translate a text by a model such as T5 or Marian");
  auto options = std::make_shared<WritingOptions>();
  options->command = "translate";
  options->max_new_tokens = 128;
  command.add(
      options->text,
      {.name = "TEXT",
       .help =
           "With the words that the model was trained with in front: \"Translate English to French: ...\""});
  add_writing_options(command, *options);
  command.on_call([options, command, &action] {
    options->given = command.given();
    action = [options] { return generate(*options); };
  });
}

}  // namespace lamina::cli
