// Checks that metrics of translations share.
#include "lamina/text/detail/segments.h"

#include "lamina/base/error.h"
#include "lamina/text/detail/unicode.h"

namespace lamina::detail {

void check_segments(const std::vector<std::string>& hypotheses,
                    const std::vector<std::vector<std::string>>& references, const char* who) {
  const std::string name = who;
  if (hypotheses.empty())
    throw InvalidArgument(name + ": there are no hypotheses: give at least one segment");
  if (references.empty())
    throw InvalidArgument(name + ": there are no references: give one list of segments or several");
  for (size_t i = 0; i < references.size(); ++i) {
    if (references[i].size() == hypotheses.size()) continue;
    throw InvalidArgument(name + ": list " + std::to_string(i) + " of the references has " +
                          std::to_string(references[i].size()) + " segments and the hypotheses have " +
                          std::to_string(hypotheses.size()) +
                          ": segment by segment they must belong together");
  }
}

std::vector<TokenPlace> split_at_spaces(std::string_view text) {
  std::vector<TokenPlace> places;
  bool inside = false;
  for_each_character(text, [&](const Character& character) {
    const bool space = is_space(character.code);
    if (!space && !inside) places.emplace_back(character.begin, character.end);
    if (!space) places.back().second = character.end;
    inside = !space;
  });
  return places;
}

std::vector<std::vector<std::string>> one_segment_each(const std::vector<std::string>& references) {
  std::vector<std::vector<std::string>> lists;
  for (const std::string& reference : references) lists.push_back({reference});
  return lists;
}

}  // namespace lamina::detail
