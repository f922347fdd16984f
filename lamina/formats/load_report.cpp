// The problems of a load in words.
#include "lamina/formats/load_report.h"

namespace lamina {
namespace {

void add_lines(std::string& text, const char* start, const std::vector<std::string>& items, size_t limit) {
  for (size_t i = 0; i < items.size() && i < limit; ++i) text += "\n  " + std::string(start) + items[i];
  if (items.size() > limit) text += "\n  and " + std::to_string(items.size() - limit) + " more";
}

}  // namespace

std::string LoadReport::problems(size_t limit) const {
  std::string text;
  add_lines(text, "", errors, limit);
  add_lines(text, "missing: ", missing, limit);
  return text;
}

std::string LoadReport::leftovers(size_t limit) const {
  std::string text;
  add_lines(text, "has no place: ", unused, limit);
  return text;
}

}  // namespace lamina
