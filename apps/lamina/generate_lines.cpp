// lamina generate --input: many lines in common steps of an engine, or, where that cannot be, in batches.
#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <optional>
#include <utility>

#include "generate_options.h"
#include "input_lines.h"
#include "interrupt.h"
#include "lamina/data/read_lines.h"
#include "lamina/zoo/transformers/generation_engine.h"

namespace lamina::cli {
namespace {

using Prompts = std::vector<std::vector<int32_t>>;

/// The tokens of each line behind the prefix. A file is read at once, and what is wrong with it is told
/// before anything is written; standard input is read as it comes.
class PromptSource {
 public:
  PromptSource(const WritingOptions& options, const Writer& writer, const Interrupt& interrupt)
      : options_(options), writer_(writer) {
    if (options.input == "-") {
      constexpr size_t kMost = size_t{1} << 30;
      input_.emplace(interrupt.flag(), kMost);
      return;
    }
    for (const std::string& line : read_lines(options.input)) prompts_.push_back(prompt_of(line));
    number_ = 0;
  }

  /// False at the end. Throws InvalidArgument, naming the line.
  bool next(std::vector<int32_t>& prompt) {
    if (!input_) {
      if (number_ == prompts_.size()) return false;
      prompt = std::move(prompts_[number_++]);
      return true;
    }
    std::string line;
    if (!input_->next(line)) return false;
    if (number_ == 0 && line.starts_with("\xef\xbb\xbf")) line.erase(0, 3);
    prompt = prompt_of(line);
    return true;
  }
  /// Whether next() would answer without waiting for who writes, after so long at most.
  bool ready(int milliseconds) { return !input_ || input_->ready(milliseconds); }
  /// `error`, with the line that came last in front.
  InvalidArgument at_line(const InvalidArgument& error) const {
    return InvalidArgument(fmt::format("{}: line {}: {}", options_.input, number_, error.what()));
  }

 private:
  std::vector<int32_t> prompt_of(const std::string& line) {
    ++number_;
    try {
      return writer_.prompt_of(options_.prefix + line);
    } catch (const InvalidArgument& error) {
      throw at_line(error);
    }
  }

  const WritingOptions& options_;
  const Writer& writer_;
  std::optional<InputLines> input_;
  Prompts prompts_;
  size_t number_ = 0;  // lines so far
};

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
void in_common_steps(const WritingOptions& options, Writer& writer, PromptSource& source,
                     const Interrupt& interrupt) {
  constexpr int kPause = 20;  // milliseconds between looks at input and answers
  constexpr int64_t kNoEnd = int64_t{1} << 30;
  const int64_t ahead = int64_t{4} * options.batch;
  GenerationEngine engine(writer.model, {.places = options.batch,
                                         .waiting = ahead,
                                         .max_tokens = writer.model->context_length() > 0 ? 0 : kNoEnd,
                                         .cache = writer.how.cache});
  std::deque<Generation> given;
  std::optional<InvalidArgument> wrong;  // told when all before it is written
  const auto submit = [&] {
    std::vector<int32_t> prompt;
    try {
      if (!source.next(prompt)) return false;
    } catch (const InvalidArgument& error) {
      wrong = error;
      return false;
    }
    try {
      given.push_back(engine.submit(prompt, writer.how));
    } catch (const InvalidArgument& error) {
      wrong = source.at_line(error);
    }
    return !wrong;
  };
  for (bool more = true; (more || !given.empty()) && !interrupt.flag();) {
    const bool room = more && static_cast<int64_t>(given.size()) < ahead;
    if (room && (given.empty() || source.ready(given.front().done() ? 0 : kPause))) {
      more = submit();
    } else if (!room || given.front().done()) {
      const std::vector<int32_t> ids = given.front().get();
      given.pop_front();
      if (!interrupt.flag()) print(options, writer, ids);
    }
  }
  if (wrong && !interrupt.flag()) throw *wrong;
}

void in_batches(const WritingOptions& options, Writer& writer, PromptSource& source,
                const Interrupt& interrupt) {
  // Beams that are drawn go by their place in a batch: alone each text has the draws that it always has.
  const bool drawn = writer.how.do_sample.value_or(writer.model->generation_config().do_sample);
  const auto each = static_cast<size_t>(drawn ? 1 : options.batch);
  for (bool more = true; more && !interrupt.flag();) {
    Prompts some;
    std::vector<int32_t> prompt;
    while (some.size() < each && (some.empty() || source.ready(0)) && (more = source.next(prompt)))
      some.push_back(std::move(prompt));
    if (some.empty()) return;
    const Prompts answers = writer.model->generate(some, writer.how);
    if (interrupt.flag()) return;
    for (const auto& ids : answers) print(options, writer, ids);
  }
}

}  // namespace

int generate_lines(const WritingOptions& options) {
  if (options.num_return_sequences.value_or(1) > 1)
    throw UsageError(options.command + ": --num-return-sequences belongs to one text; --input gives one for each line");
  Writer writer(options);
  writer.how.num_return_sequences = 1;
  const int64_t beams = writer.how.num_beams.value_or(writer.model->generation_config().num_beams);
  if (!options.prefix.empty() && !writer.model->is_encoder_decoder())
    writer.how.prefix = writer.model->read_prefix(writer.prompt_of(options.prefix), writer.how.cache);
  const Interrupt interrupt;
  PromptSource source(options, writer, interrupt);
  writer.how.on_token = [&](size_t, int32_t) { return !interrupt.flag(); };
  if (beams > 1 || writer.how.draft) {
    in_batches(options, writer, source, interrupt);
  } else {
    in_common_steps(options, writer, source, interrupt);
  }
  if (interrupt.flag()) throw Error("interrupted; the lines that were done are above");
  return 0;
}

}  // namespace lamina::cli
