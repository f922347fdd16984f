// Split: at the matches of a text or pattern.
#include "lamina/text/tokenizers/detail/config.h"
#include "lamina/text/tokenizers/detail/parts.h"
#include "lamina/text/tokenizers/detail/splitting.h"

namespace lamina::detail::tokenizers {
namespace {

class Split : public PreTokenizer {
 public:
  explicit Split(const Json& config) : Split(read_part(config, "Split")) {}
  void pre_tokenize(Pieces& pieces) const override {
    Matches matches;
    std::vector<std::pair<size_t, size_t>> parts;
    pieces.split([&](std::string_view text, auto&& emit) {
      matches.clear();
      regex_.find_all(text, matches);
      parts.clear();
      split_at(text, matches, behavior_, invert_, parts);
      for (const auto& [begin, end] : parts) emit(begin, end);
    });
  }

 private:
  explicit Split(ConfigReader reader) : regex_(regex(reader)) {
    behavior_ = behavior_of(text_of(reader, "behavior"));
    invert_ = reader.boolean("invert", false);
    reader.done();
  }
  static Regex regex(ConfigReader& reader) {
    const auto [is_regex, text] = pattern_of(reader, "pattern");
    return is_regex ? Regex(text) : Regex::literal(text);
  }

  Regex regex_;
  Behavior behavior_;
  bool invert_;
};

const bool kSplitKnown = Registry<PreTokenizer>::add(
    "Split",
    [](const Json& config) -> std::shared_ptr<PreTokenizer> { return std::make_shared<Split>(config); });

}  // namespace
}  // namespace lamina::detail::tokenizers
