// lamina tokenize: a text as the ids and tokens of a language model's tokenizer.
#include <fmt/format.h>

#include "cli.h"
#include "lamina/base/terminal.h"
#include "lamina/text/tokenizers/pretrained_tokenizer.h"

namespace lamina::cli {
namespace {

struct Options {
  std::string model, text;
  bool json = false;
};

int tokenize(const Options& options) {
  const PretrainedTokenizer tokenizer = AutoTokenizer::from_pretrained(options.model);
  const Encoding encoding = tokenizer.encode(options.text);
  if (options.json) {
    Json ids = Json::list(), tokens = Json::list();
    for (const int32_t id : encoding.ids) ids.push_back(id);
    for (const std::string& token : encoding.tokens) tokens.push_back(token);
    print_json(Json::object({{"ids", ids}, {"tokens", tokens}}));
    return 0;
  }
  std::string lines;
  for (size_t i = 0; i < encoding.size(); ++i)
    lines += fmt::format("{:>8}  {}\n", encoding.ids[i], printable(encoding.tokens[i]));
  tell(stdout, lines);
  return 0;
}

}  // namespace

void add_tokenize(CLI::App& app, Action& action) {
  Command command(app, "tokenize",
                  "Show the ids and tokens that a language model's tokenizer makes of a text");
  auto options = std::make_shared<Options>();
  command.add(
      options->model,
      {.name = "--model",
       .help = "A folder of a language model, or a tokenizer.json, a SentencePiece model or a vocab.txt",
       .type = "DIR|FILE",
       .required = true});
  command.add(options->text,
              {.name = "TEXT", .help = "The text, in UTF-8", .required = true, .may_be_empty = true});
  add_json(command, options->json, "the ids and the tokens");
  command.on_call([options, &action] { action = [options] { return tokenize(*options); }; });
}

}  // namespace lamina::cli
