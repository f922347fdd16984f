// lamina generate --input: many lines in common steps of an engine, or, where that cannot be, in batches.
#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <utility>

#include "generate_options.h"
#include "interrupt.h"
#include "lamina/data/read_lines.h"
#include "lamina/zoo/transformers/generation_engine.h"

namespace lamina::cli {
namespace {

using Prompts = std::vector<std::vector<int32_t>>;

/// The tokens of each line behind the prefix. What is wrong with a line names it.
Prompts prompts_of(const WritingOptions& options, const Writer& writer) {
  Prompts prompts;
  for (const std::string& line : read_lines(options.input == "-" ? "/dev/stdin" : options.input)) {
    try {
      prompts.push_back(writer.prompt_of(options.prefix + line));
    } catch (const InvalidArgument& error) {
      throw InvalidArgument(fmt::format("{}: line {}: {}", options.input, prompts.size() + 1, error.what()));
    }
  }
  return prompts;
}

/// Prints what was written after one line, on one line.
void print(const WritingOptions& options, Writer& writer, const std::vector<int32_t>& ids) {
  writer.check_known(ids);
  if (options.json) return print_json(writer.json_of(ids));
  std::string line;
  for (const char c : shown(writer.text_of(ids).as_string())) {
    if (c == '\n') {
      line += "\\n";
    } else {
      line += c;
    }
  }
  tell(stdout, line + "\n");
}

/// Places are taken as they become free; answers wait for those before them.
void in_common_steps(const WritingOptions& options, Writer& writer, const Prompts& prompts,
                     const Interrupt& interrupt) {
  const int64_t ahead = int64_t{4} * options.batch;
  GenerationEngine engine(writer.model,
                          {.places = options.batch, .waiting = ahead, .cache = writer.how.cache});
  std::deque<Generation> given;
  for (size_t next = 0; (next < prompts.size() || !given.empty()) && !interrupt.flag();) {
    if (next < prompts.size() && static_cast<int64_t>(given.size()) < ahead) {
      try {
        given.push_back(engine.submit(prompts[next], writer.how));
      } catch (const InvalidArgument& error) {
        throw InvalidArgument(fmt::format("{}: line {}: {}", options.input, next + 1, error.what()));
      }
      ++next;
      continue;
    }
    const std::vector<int32_t> ids = given.front().get();
    given.pop_front();
    if (!interrupt.flag()) print(options, writer, ids);
  }
}

void in_batches(const WritingOptions& options, Writer& writer, const Prompts& prompts,
                const Interrupt& interrupt) {
  // Beams that are drawn go by their place in a batch: alone each text has the draws that it always has.
  const bool drawn = writer.how.do_sample.value_or(writer.model->generation_config().do_sample);
  const auto each = static_cast<size_t>(drawn ? 1 : options.batch);
  for (size_t first = 0; first < prompts.size() && !interrupt.flag(); first += each) {
    const Prompts some(prompts.begin() + static_cast<std::ptrdiff_t>(first),
                       prompts.begin() + static_cast<std::ptrdiff_t>(std::min(prompts.size(), first + each)));
    const Prompts answers = writer.model->generate(some, writer.how);
    if (interrupt.flag()) return;
    for (const auto& ids : answers) print(options, writer, ids);
  }
}

}  // namespace

int generate_lines(const WritingOptions& options) {
  if (options.num_return_sequences.value_or(1) > 1)
    throw UsageError("generate: --num-return-sequences belongs to one text; --input gives one for each line");
  Writer writer(options);
  const Prompts prompts = prompts_of(options, writer);
  writer.how.num_return_sequences = 1;
  const int64_t beams = writer.how.num_beams.value_or(writer.model->generation_config().num_beams);
  if (!options.prefix.empty() && !writer.model->is_encoder_decoder())
    writer.how.prefix = writer.model->read_prefix(writer.prompt_of(options.prefix), writer.how.cache);
  const Interrupt interrupt;
  writer.how.on_token = [&](size_t, int32_t) { return !interrupt.flag(); };
  if (beams > 1 || writer.how.draft) {
    in_batches(options, writer, prompts, interrupt);
  } else {
    in_common_steps(options, writer, prompts, interrupt);
  }
  if (interrupt.flag()) throw Error("interrupted; the lines that were done are above");
  return 0;
}

}  // namespace lamina::cli
