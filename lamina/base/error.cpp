// Nearest-name suggestions for error messages.
#include "lamina/base/error.h"

#include <algorithm>
#include <cctype>
#include <numeric>

namespace lamina {
namespace {

char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

// Levenshtein's distance, without regard to case.
size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substituted = diagonal + (lower(a[i - 1]) != lower(b[j - 1]));
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row.back();
}

}  // namespace

std::string suggest(const std::string& name, const std::vector<std::string>& known) {
  constexpr size_t kLongest = 256;  // nobody mistypes more, and the distance takes time
  const std::string* best = nullptr;
  size_t best_distance = std::max<size_t>(2, name.size() / 3) + 1;
  for (const std::string& candidate : known) {
    if (name.size() > kLongest) break;
    const size_t distance = edit_distance(name, candidate);
    // Where every letter is another one, nothing was mistyped.
    if (distance < best_distance && distance < std::max(name.size(), candidate.size())) {
      best = &candidate;
      best_distance = distance;
    }
  }
  if (best) return "; did you mean '" + *best + "'?";
  std::string list;
  for (const std::string& candidate : known) list += (list.empty() ? "; known: " : ", ") + candidate;
  return list;
}

}  // namespace lamina
