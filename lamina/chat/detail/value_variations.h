// ValueVariations: turns with other values than those that were said. Internal header.
#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "lamina/chat/dialogue.h"

namespace lamina::detail {

/// Turns as they are, with some values of open slots replaced, so that a network learns values by what stands
/// around them: titles of films come that nobody has seen. Open are the slots of which the validation has
/// values that the training lacks; without validation, those with many values. Rare words around values are
/// now and then taken for unknown ones (after Kiperwasser and Goldberg, "Simple and Accurate Dependency
/// Parsing Using Bidirectional LSTM Feature Representations", 2016), so that an unknown word alone is no
/// value.
class ValueVariations {
 public:
  /// @param replaced  share of the values in open slots that are replaced, 0 to 1
  ValueVariations(const std::vector<const DialogueTurn*>& turns,
                  const std::vector<const DialogueTurn*>& validation, double replaced, uint64_t seed);

  DialogueTurn vary(const DialogueTurn& turn);

 private:
  using Words = std::vector<std::string>;

  bool chance(double share) { return static_cast<double>(random_() >> 11) * 0x1p-53 < share; }
  size_t below(size_t count) { return random_() % count; }
  const std::string& any_of(const Words& words) { return words[below(words.size())]; }
  bool common(const std::string& word) const;
  void find_open(const std::vector<const DialogueTurn*>& turns,
                 const std::vector<const DialogueTurn*>& validation);
  void count_around(const std::vector<const DialogueTurn*>& turns);
  Words another();
  Words of_known();
  Words of_words();
  Words changed(const Words& value);

  double replaced_;
  std::mt19937_64 random_;
  std::set<std::string> open_;         // slots
  std::map<std::string, int> counts_;  // of the words around values
  Words around_;                       // those words, each as often as the root of its count
  Words within_, firsts_;              // words of open values; the common ones that values begin with
  std::vector<Words> values_;          // of open slots
};

}  // namespace lamina::detail
