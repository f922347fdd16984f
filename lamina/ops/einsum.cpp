// einsum as sums, products of two operands after another, and a transpose.
#include "lamina/ops/einsum.h"

#include <algorithm>
#include <map>

#include "lamina/base/error.h"
#include "lamina/ops/detail/einsum_terms.h"
#include "lamina/ops/detail/promote.h"
#include "lamina/ops/detail/recorded.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/transpose.h"

namespace lamina {
namespace {

struct Equation {
  std::vector<std::string> operands;
  std::string result;
};

class Parser {
 public:
  explicit Parser(const std::string& subscripts) : subscripts_(subscripts) {}

  Equation run(const std::vector<Tensor>& operands) {
    std::string text;
    std::copy_if(subscripts_.begin(), subscripts_.end(), std::back_inserter(text),
                 [](char c) { return c != ' '; });
    const size_t arrow = text.find("->");
    Equation equation{split(text.substr(0, arrow)), {}};
    if (equation.operands.size() != operands.size()) {
      refuse("names " + std::to_string(equation.operands.size()) + " operands, received " +
             std::to_string(operands.size()));
    }
    for (size_t i = 0; i < operands.size(); ++i) {
      std::string& letters = equation.operands[i];
      letters = expanded(letters, operands[i].rank());
      if (static_cast<int>(letters.size()) != operands[i].rank())
        refuse("does not fit operand " + std::to_string(i) + " of shape " + operands[i].shape().str());
      require_distinct(letters, "operand " + std::to_string(i));
    }
    equation.result = arrow == std::string::npos ? implied(equation.operands) : text.substr(arrow + 2);
    if (arrow != std::string::npos) {
      const size_t dots = equation.result.find("...");
      if (dots != std::string::npos) equation.result.replace(dots, 3, open_);
      require_distinct(equation.result, "the result");
      for (const char letter : equation.result) {
        if (std::none_of(equation.operands.begin(), equation.operands.end(),
                         [&](const std::string& one) { return one.find(letter) != std::string::npos; }))
          refuse("has '" + std::string(1, letter) + "' in the result and in no operand");
      }
    }
    return equation;
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const {
    throw InvalidArgument("einsum: '" + subscripts_ + "' " + what);
  }

  static std::vector<std::string> split(const std::string& text) {
    std::vector<std::string> parts(1);
    for (const char c : text) {
      if (c == ',') {
        parts.emplace_back();
      } else {
        parts.back() += c;
      }
    }
    return parts;
  }

  // Digits stand for the axes of "...", since no subscript has them.
  std::string expanded(std::string letters, int rank) {
    const size_t dots = letters.find("...");
    if (dots == std::string::npos) return letters;
    const int open = rank - static_cast<int>(letters.size()) + 3;
    if (open < 0 || open > 9)
      refuse("has too many letters, or too few, for an operand of rank " + std::to_string(rank));
    std::string digits;
    for (int i = 0; i < open; ++i) digits += static_cast<char>('0' + i);
    if (seen_ && digits != open_) refuse("has '...' for other numbers of axes in different operands");
    seen_ = true;
    open_ = digits;
    return letters.replace(dots, 3, digits);
  }

  void require_distinct(const std::string& letters, const std::string& where) const {
    for (const char c : letters) {
      const bool known =
          (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || open_.find(c) != std::string::npos;
      if (!known) refuse("has '" + std::string(1, c) + "' in " + where + "; expected letters and '...'");
      if (std::count(letters.begin(), letters.end(), c) > 1)
        refuse("has '" + std::string(1, c) + "' twice in " + where + ", which is not supported");
    }
  }

  std::string implied(const std::vector<std::string>& operands) const {
    std::map<char, int> counts;
    for (const std::string& letters : operands) {
      for (const char c : letters) ++counts[c];
    }
    std::string result = open_;
    for (const auto& [letter, count] : counts) {
      if (count == 1 && open_.find(letter) == std::string::npos) result += letter;
    }
    return result;
  }

  const std::string& subscripts_;
  std::string open_;
  bool seen_ = false;
};

/// x, with axes `letters`, summed over those that are not in `kept`.
Tensor without(const Tensor& x, std::string& letters, const std::string& kept) {
  std::vector<int> axes;
  std::string rest;
  for (size_t i = 0; i < letters.size(); ++i) {
    if (kept.find(letters[i]) == std::string::npos) {
      axes.push_back(static_cast<int>(i));
    } else {
      rest += letters[i];
    }
  }
  letters = rest;
  return axes.empty() ? x : sum(x, axes);
}

}  // namespace

Tensor einsum(const std::string& subscripts, const std::vector<Tensor>& operands) {
  if (operands.empty()) throw InvalidArgument("einsum: needs at least one operand");
  if (std::any_of(operands.begin(), operands.end(), is_symbolic)) {
    return detail::recorded("Einsum", {operands.begin(), operands.end()},
                            Json::object({{"subscripts", subscripts}}));
  }
  const std::vector<Tensor> factors = detail::in_one_dtype(operands);
  Equation equation = Parser(subscripts).run(factors);
  // What is still needed after each operand: the result and the operands that follow.
  std::vector<std::string> needed(factors.size(), equation.result);
  for (size_t i = factors.size() - 1; i-- > 0;) needed[i] = needed[i + 1] + equation.operands[i + 1];
  std::string letters = equation.operands[0];
  Tensor product = without(factors[0], letters, needed[0]);
  for (size_t i = 1; i < factors.size(); ++i) {
    std::string more = equation.operands[i];
    const Tensor factor = without(factors[i], more, letters + needed[i]);
    std::string next;
    for (const char letter : letters + more) {
      if (needed[i].find(letter) != std::string::npos && next.find(letter) == std::string::npos)
        next += letter;
    }
    // A letter of the product alone that nothing needs any more was summed over before.
    product = without(product, letters, more + needed[i]);
    try {
      product = detail::einsum({letters, more, next}, product, factor);
    } catch (const InvalidArgument& error) {
      throw InvalidArgument("einsum: '" + subscripts + "': " + error.what());
    }
    letters = next;
  }
  if (letters == equation.result) return product;
  std::vector<int> order;
  for (const char letter : equation.result) order.push_back(static_cast<int>(letters.find(letter)));
  return transpose(product, order);
}

namespace {

const bool recorded = detail::register_operations(
    detail::kNumpyOps, {{"Einsum",
                         [](const OperationCall& call) {
                           std::vector<Tensor> operands;
                           for (size_t i = 0; i < call.args.size(); ++i) operands.push_back(call.tensor(i));
                           return einsum(call.config.at("subscripts").as_string(), operands);
                         },
                         {"*operands"}}});

}  // namespace

}  // namespace lamina
