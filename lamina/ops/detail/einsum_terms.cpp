// Products in Einstein's notation as one product of matrices: letters in both operands and the result are
// leading axes, then come those of the first operand, those summed over, those of the second.
#include "lamina/ops/detail/einsum_terms.h"

#include <algorithm>
#include <map>
#include <vector>

#include "lamina/base/error.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/transpose.h"

namespace lamina::detail {
namespace {

constexpr const char* kEllipsis = "...";

bool has(const std::string& letters, char letter) { return letters.find(letter) != std::string::npos; }

bool strip_ellipsis(std::string& term) {
  const size_t at = term.find(kEllipsis);
  if (at == std::string::npos) return false;
  term.erase(at, 3);
  return true;
}

bool distinct_letters(std::string term) {
  if (!std::all_of(term.begin(), term.end(), [](char c) { return c >= 'a' && c <= 'z'; })) return false;
  std::sort(term.begin(), term.end());
  return std::adjacent_find(term.begin(), term.end()) == term.end();
}

// x, whose axes are `from`, with its axes in the order `to`.
Tensor ordered(const Tensor& x, const std::string& from, const std::string& to) {
  if (from == to) return x;
  std::vector<int> order;
  for (const char letter : to) order.push_back(static_cast<int>(from.find(letter)));
  return transpose(x, order);
}

}  // namespace

EinsumTerms parse_einsum(const std::string& equation) {
  const auto refuse = [&](const std::string& what) {
    throw InvalidArgument("equation '" + equation + "' " + what);
  };
  const size_t comma = equation.find(','), arrow = equation.find("->");
  if (comma == std::string::npos || arrow == std::string::npos || comma > arrow)
    refuse("must have two operands and a result, as in 'ab,bc->ac'");
  const EinsumTerms terms{equation.substr(0, comma), equation.substr(comma + 1, arrow - comma - 1),
                          equation.substr(arrow + 2)};
  EinsumTerms bare = terms;
  const bool open = strip_ellipsis(bare.a);
  if (open != strip_ellipsis(bare.result) ||
      (open && terms.a.starts_with(kEllipsis) != terms.result.starts_with(kEllipsis)) ||
      (open && !terms.a.starts_with(kEllipsis) &&
       !(terms.a.ends_with(kEllipsis) && terms.result.ends_with(kEllipsis)))) {
    refuse("must have '...' at the same end of the first operand and the result, or nowhere");
  }
  if (!distinct_letters(bare.a) || !distinct_letters(bare.b) || !distinct_letters(bare.result))
    refuse("must name axes by small letters, each once in an operand");
  for (const char letter : bare.result) {
    if (!has(bare.a + bare.b, letter))
      refuse("has '" + std::string(1, letter) + "' in the result and in no operand");
  }
  for (const char letter : bare.a + bare.b) {
    if (has(bare.a, letter) + has(bare.b, letter) + has(bare.result, letter) < 2)
      refuse("has '" + std::string(1, letter) + "' in one operand only; it must be in the result, too");
  }
  return terms;
}

EinsumTerms without_ellipsis(EinsumTerms terms, int rank) {
  const size_t at = terms.a.find(kEllipsis);
  if (at == std::string::npos) return terms;
  std::string letters;  // capitals, which equations do not use
  for (int i = static_cast<int>(terms.a.size()) - 3; i < rank; ++i)
    letters += static_cast<char>('A' + letters.size());
  terms.a.replace(at, 3, letters);
  terms.result.replace(terms.result.find(kEllipsis), 3, letters);
  return terms;
}

Tensor einsum(const EinsumTerms& terms, const Tensor& a, const Tensor& b) {
  const auto refuse = [&]() {
    throw InvalidArgument("'" + terms.str() + "' does not fit shapes " + a.shape().str() + " and " +
                          b.shape().str());
  };
  if (a.rank() != static_cast<int>(terms.a.size()) || b.rank() != static_cast<int>(terms.b.size())) refuse();
  std::map<char, int64_t> extents;
  for (int axis = 0; axis < a.rank(); ++axis) extents[terms.a[static_cast<size_t>(axis)]] = a.shape()[axis];
  for (int axis = 0; axis < b.rank(); ++axis) {
    if (extents.emplace(terms.b[static_cast<size_t>(axis)], b.shape()[axis]).first->second !=
        b.shape()[axis]) {
      refuse();
    }
  }
  std::string batch, summed, only_a, only_b;
  for (const char letter : terms.a) {
    const bool shared = has(terms.b, letter), kept = has(terms.result, letter);
    (shared ? (kept ? batch : summed) : only_a) += letter;
  }
  for (const char letter : terms.b) {
    if (!has(terms.a, letter)) only_b += letter;
  }
  const auto product = [&](const std::string& letters) {
    int64_t result = 1;
    for (const char letter : letters) result *= extents[letter];
    return result;
  };
  const auto shape = [&](const std::string& letters) {
    Shape result;
    for (const char letter : letters) result.push_back(extents[letter]);
    return result;
  };
  const auto matrices = [&](const std::string& rows, const std::string& columns) {
    Shape result = shape(batch);
    result.push_back(product(rows));
    result.push_back(product(columns));
    return result;
  };
  const Tensor left = reshape(ordered(a, terms.a, batch + only_a + summed), matrices(only_a, summed));
  const Tensor right = reshape(ordered(b, terms.b, batch + summed + only_b), matrices(summed, only_b));
  const std::string order = batch + only_a + only_b;
  return ordered(reshape(matmul(left, right), shape(order)), order, terms.result);
}

}  // namespace lamina::detail
