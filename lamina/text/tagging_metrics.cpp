// A scheme is a table: which pairs of prefixes begin a span, go on with it and end it. The tables are
// seqeval's (scheme.py), oddities included, since numbers are compared with its numbers.
#include "lamina/text/tagging_metrics.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>

#include "lamina/base/error.h"

namespace lamina {
namespace {

struct Tag {
  char prefix = 'O';
  std::string type = "_";
};

/// Prefixes before and now ('*': any), and whether types are the same ('='), others ('!') or either ('*').
struct Rule {
  char before, now, types;
  bool holds(const Tag& a, const Tag& b) const {
    return (before == '*' || before == a.prefix) && (now == '*' || now == b.prefix) &&
           (types == '*' || (types == '=') == (a.type == b.type));
  }
};
using Rules = std::vector<Rule>;

struct Scheme {
  std::string name, prefixes;
  Rules starts, insides, ends;
};

const std::vector<Scheme>& schemes() {
  static const std::vector<Scheme> all{
      {"IOB1",
       "IOB",
       {{'O', 'I', '*'}, {'I', 'I', '!'}, {'B', 'I', '*'}, {'I', 'B', '='}, {'B', 'B', '='}},
       {{'B', 'I', '='}, {'I', 'I', '='}},
       {{'I', 'I', '!'},
        {'I', 'O', '*'},
        {'I', 'B', '*'},
        {'B', 'O', '*'},
        {'B', 'I', '!'},
        {'B', 'B', '='}}},
      {"IOB2",
       "IOB",
       {{'*', 'B', '*'}},
       {{'B', 'I', '='}, {'I', 'I', '='}},
       {{'I', 'O', '*'},
        {'I', 'I', '!'},
        {'I', 'B', '*'},
        {'B', 'O', '*'},
        {'B', 'I', '!'},
        {'B', 'B', '*'}}},
      {"IOE1",
       "IOE",
       {{'O', 'I', '*'}, {'I', 'I', '!'}, {'E', 'I', '*'}, {'E', 'E', '='}},
       {{'I', 'I', '='}, {'I', 'E', '='}},
       {{'I', 'I', '!'}, {'I', 'O', '*'}, {'I', 'E', '!'}, {'E', 'I', '='}, {'E', 'E', '='}}},
      {"IOE2",
       "IOE",
       {{'O', 'I', '*'}, {'O', 'E', '*'}, {'E', 'I', '*'}, {'E', 'E', '*'}, {'I', 'I', '!'}, {'I', 'E', '!'}},
       {{'I', 'E', '='}, {'I', 'I', '='}},
       {{'E', '*', '*'}}},
      {"IOBES",
       "IOBES",
       {{'*', 'B', '*'}, {'*', 'S', '*'}},
       {{'B', 'I', '='}, {'B', 'E', '='}, {'I', 'I', '='}, {'I', 'E', '='}},
       {{'S', '*', '*'}, {'E', '*', '*'}}},
      {"BILOU",
       "BILOU",
       {{'*', 'B', '*'}, {'*', 'U', '*'}},
       {{'B', 'I', '='}, {'B', 'L', '='}, {'I', 'I', '='}, {'I', 'L', '='}},
       {{'U', '*', '*'}, {'L', '*', '*'}}}};
  return all;
}

/// conlleval's: what begins a span, and behind what one ends.
const Scheme& usual() {
  static const Scheme scheme{"",
                             "BIOESUL.",
                             {{'*', 'B', '*'},
                              {'*', 'S', '*'},
                              {'E', 'E', '*'},
                              {'E', 'I', '*'},
                              {'S', 'E', '*'},
                              {'S', 'I', '*'},
                              {'O', 'E', '*'},
                              {'O', 'I', '*'}},
                             {},
                             {{'E', '*', '*'},
                              {'S', '*', '*'},
                              {'B', 'B', '*'},
                              {'B', 'S', '*'},
                              {'B', 'O', '*'},
                              {'I', 'B', '*'},
                              {'I', 'S', '*'},
                              {'I', 'O', '*'}}};
  return scheme;
}

const Scheme& scheme_of(const std::string& name) {
  if (name.empty()) return usual();
  std::vector<std::string> known;
  for (const Scheme& scheme : schemes()) {
    if (scheme.name == name) return scheme;
    known.push_back(scheme.name);
  }
  throw InvalidArgument("unknown scheme of tags '" + name + "'" + suggest(name, known));
}

bool any(const Rules& rules, const Tag& a, const Tag& b) {
  return std::any_of(rules.begin(), rules.end(), [&](const Rule& rule) { return rule.holds(a, b); });
}

std::string stripped(std::string_view text) {
  while (text.starts_with('-')) text.remove_prefix(1);
  while (text.ends_with('-')) text.remove_suffix(1);
  return std::string(text);
}

Tag read(const std::string& text, const Scheme& scheme, bool suffix) {
  if (text.empty()) throw InvalidArgument("a tag is empty; \"O\" or \"B-TYPE\" was expected");
  Tag tag;
  tag.prefix = suffix ? text.back() : text.front();
  if (scheme.prefixes.find(tag.prefix) == std::string::npos)
    throw InvalidArgument("the tag '" + text + "' " + (suffix ? "ends with" : "begins with") + " '" +
                          tag.prefix + "'; " + (scheme.name.empty() ? "" : scheme.name + " has ") +
                          "one of " + scheme.prefixes.substr(0, scheme.prefixes.find('.')) + " was expected");
  const std::string rest = suffix ? text.substr(0, text.size() - 1) : text.substr(1);
  if (!scheme.name.empty()) {
    tag.type = stripped(rest);
  } else {
    const size_t dash = suffix ? rest.rfind('-') : rest.find('-');
    tag.type = dash == std::string::npos ? rest : suffix ? rest.substr(0, dash) : rest.substr(dash + 1);
  }
  if (tag.type.empty()) tag.type = "_";
  return tag;
}

std::vector<TaggedSpan> usual_spans(const std::vector<Tag>& tags) {
  std::vector<TaggedSpan> spans;
  Tag before;
  int64_t begin = 0;
  for (size_t i = 0; i < tags.size(); ++i) {
    const Tag& now = tags[i];
    const bool other = before.type != now.type;
    const auto is_in = [](const Tag& tag) { return tag.prefix != 'O' && tag.prefix != '.'; };
    if (any(usual().ends, before, now) || (is_in(before) && other))
      spans.push_back({before.type, begin, static_cast<int64_t>(i)});
    if (any(usual().starts, before, now) || (is_in(now) && other)) begin = static_cast<int64_t>(i);
    before = now;
  }
  return spans;
}

/// `tags` with "O" at their end.
std::vector<TaggedSpan> exact_spans(const std::vector<Tag>& tags, const Scheme& scheme) {
  std::vector<TaggedSpan> spans;
  Tag before;
  for (size_t i = 0; i < tags.size();) {
    if (!any(scheme.starts, before, tags[i])) {
      before = tags[i++];
      continue;
    }
    size_t end = i + 1;
    while (end < tags.size() && any(scheme.insides, tags[end - 1], tags[end])) ++end;
    if (end < tags.size() && any(scheme.ends, tags[end - 1], tags[end]))
      spans.push_back({tags[i].type, static_cast<int64_t>(i), static_cast<int64_t>(end)});
    before = tags[end - 1];
    i = end;
  }
  return spans;
}

TagScore score(int64_t correct, int64_t found, int64_t support) {
  const auto share = [](int64_t part, int64_t whole) {
    return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
  };
  TagScore result{share(correct, found), share(correct, support), 0, correct, found, support};
  const double sum = result.precision + result.recall;
  if (sum > 0) result.f1 = 2 * result.precision * result.recall / sum;
  return result;
}

}  // namespace

std::vector<TaggedSpan> tagged_spans(const std::vector<std::string>& tags, const TagOptions& options) {
  const Scheme& scheme = scheme_of(options.scheme);
  std::vector<Tag> read_tags;
  for (const std::string& tag : tags) read_tags.push_back(read(tag, scheme, options.suffix));
  read_tags.emplace_back();
  return options.scheme.empty() ? usual_spans(read_tags) : exact_spans(read_tags, scheme);
}

TagScores score_tags(const std::vector<std::vector<std::string>>& truth,
                     const std::vector<std::vector<std::string>>& predicted, const TagOptions& options) {
  if (truth.size() != predicted.size())
    throw InvalidArgument("score_tags: there are tags of " + std::to_string(truth.size()) +
                          " texts, and predictions of " + std::to_string(predicted.size()));
  struct Count {
    int64_t correct = 0, found = 0, support = 0;
  };
  std::map<std::string, Count> counts;
  int64_t tags = 0, right = 0;
  for (size_t text = 0; text < truth.size(); ++text) {
    const auto &wanted = truth[text], &given = predicted[text];
    if (wanted.size() != given.size())
      throw InvalidArgument("score_tags: text " + std::to_string(text) + " has " +
                            std::to_string(wanted.size()) + " tags, and " + std::to_string(given.size()) +
                            " were predicted");
    tags += static_cast<int64_t>(wanted.size());
    for (size_t i = 0; i < wanted.size(); ++i) right += wanted[i] == given[i];
    const std::vector<TaggedSpan> real = tagged_spans(wanted, options), found = tagged_spans(given, options);
    for (const TaggedSpan& span : real) ++counts[span.type].support;
    for (const TaggedSpan& span : found) {
      Count& count = counts[span.type];
      ++count.found;
      count.correct += std::find(real.begin(), real.end(), span) != real.end();
    }
  }
  TagScores scores;
  Count sum;
  for (const auto& [type, count] : counts) {
    scores.types.emplace_back(type, score(count.correct, count.found, count.support));
    sum = {sum.correct + count.correct, sum.found + count.found, sum.support + count.support};
  }
  scores.all = score(sum.correct, sum.found, sum.support);
  for (auto [mean, by_support] : {std::pair(&scores.macro, false), std::pair(&scores.weighted, true)}) {
    double weights = 0;
    for (const auto& [type, one] : scores.types) {
      const double weight = by_support ? static_cast<double>(one.support) : 1;
      weights += weight;
      mean->precision += weight * one.precision;
      mean->recall += weight * one.recall;
      mean->f1 += weight * one.f1;
    }
    for (double* const value : {&mean->precision, &mean->recall, &mean->f1})
      *value = weights > 0 ? *value / weights : 0;
    mean->correct = sum.correct;
    mean->found = sum.found;
    mean->support = sum.support;
  }
  scores.accuracy = tags > 0 ? static_cast<double>(right) / static_cast<double>(tags) : 0;
  return scores;
}

}  // namespace lamina
