// einsum as diagonals, sums, products of two operands after another, and a transpose.
#include "lamina/ops/einsum.h"

#include <algorithm>
#include <map>

#include "lamina/base/error.h"
#include "lamina/ops/detail/einsum_terms.h"
#include "lamina/ops/detail/promote.h"
#include "lamina/ops/detail/recorded.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/slice.h"
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
      require_known(letters, "operand " + std::to_string(i));
    }
    equation.result = arrow == std::string::npos ? implied(equation.operands) : text.substr(arrow + 2);
    if (arrow != std::string::npos) {
      const size_t dots = equation.result.find("...");
      if (dots != std::string::npos) equation.result.replace(dots, 3, open_);
      require_known(equation.result, "the result");
      for (const char letter : equation.result) {
        if (std::count(equation.result.begin(), equation.result.end(), letter) > 1)
          refuse("has '" + std::string(1, letter) + "' twice in the result");
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

  // Digits stand for the axes of "...", since no subscript has them: the last one is 0.
  std::string expanded(std::string letters, int rank) {
    const size_t dots = letters.find("...");
    if (dots == std::string::npos) return letters;
    const int open = rank - static_cast<int>(letters.size()) + 3;
    if (open < 0 || open > 9)
      refuse("has too many letters, or too few, for an operand of rank " + std::to_string(rank));
    std::string digits;
    for (int i = open; i-- > 0;) digits += static_cast<char>('0' + i);
    if (digits.size() > open_.size()) open_ = digits;
    return letters.replace(dots, 3, digits);
  }

  void require_known(const std::string& letters, const std::string& where) const {
    for (const char c : letters) {
      const bool known =
          (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || open_.find(c) != std::string::npos;
      if (!known) refuse("has '" + std::string(1, c) + "' in " + where + "; expected letters and '...'");
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
};

/// x with the diagonal of two axes of one extent in place of the first, without the second.
Tensor diagonal(const Tensor& x, int first, int second) {
  const int64_t n = x.shape()[first];
  std::vector<int> order;
  Shape flat;
  for (int axis = 0; axis < x.rank(); ++axis) {
    if (axis == first || axis == second) continue;
    order.push_back(axis);
    flat.push_back(x.shape()[axis]);
  }
  order.insert(order.end(), {first, second});
  flat.push_back(n * n);
  // In rows of n elements and one more, the diagonal is the first column.
  const Tensor last = index(reshape(transpose(x, order), flat), {ellipsis, Slice{0, n * n, n + 1}});
  order.clear();
  for (int axis = 0; axis + 1 < last.rank(); ++axis) order.push_back(axis);
  order.insert(order.begin() + first, last.rank() - 1);
  return transpose(last, order);
}

/// Operand `x` with each of its letters once.
Tensor with_distinct(Tensor x, std::string& letters, const std::string& subscripts) {
  for (size_t i = 0; i < letters.size(); ++i) {
    for (size_t again; (again = letters.find(letters[i], i + 1)) != std::string::npos;) {
      const int first = static_cast<int>(i), second = static_cast<int>(again);
      if (x.shape()[first] != x.shape()[second]) {
        throw InvalidArgument("einsum: '" + subscripts + "' has '" + std::string(1, letters[i]) +
                              "' for axes of different extents in shape " + x.shape().str());
      }
      x = diagonal(x, first, second);
      letters.erase(again, 1);
    }
  }
  return x;
}

/// Axes of "..." that have extent 1 here and another one elsewhere leave the operand: they are repeated.
void broadcast_open_axes(std::vector<Tensor>& operands, std::vector<std::string>& letters) {
  std::map<char, int64_t> extents;
  const auto each = [&](auto&& f) {
    for (size_t i = 0; i < operands.size(); ++i) {
      for (size_t axis = letters[i].size(); axis-- > 0;) {
        if (letters[i][axis] <= '9') f(i, axis, operands[i].shape()[static_cast<int>(axis)]);
      }
    }
  };
  each([&](size_t i, size_t axis, int64_t extent) {
    int64_t& known = extents.emplace(letters[i][axis], extent).first->second;
    if (known == 1) known = extent;
  });
  each([&](size_t i, size_t axis, int64_t extent) {
    if (extent != 1 || extents[letters[i][axis]] == 1) return;
    operands[i] = squeeze(operands[i], static_cast<int>(axis));
    letters[i].erase(axis, 1);
  });
}

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
  std::vector<Tensor> factors = detail::in_one_dtype(operands);
  const DType dtype = factors[0].dtype();
  Equation equation = Parser(subscripts).run(factors);
  for (size_t i = 0; i < factors.size(); ++i)
    factors[i] = with_distinct(factors[i], equation.operands[i], subscripts);
  broadcast_open_axes(factors, equation.operands);
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
  // Sums of small integers have a wider dtype; which of them there are is nobody's concern.
  if (is_integer(dtype)) product = cast(product, dtype);
  if (letters == equation.result) return product;
  std::vector<int> order;
  for (const char letter : equation.result) order.push_back(static_cast<int>(letters.find(letter)));
  return transpose(product, order);
}

namespace {

const bool einsum_recorded = detail::register_operations(
    detail::kNumpyOps, {{"Einsum",
                         [](const OperationCall& call) {
                           std::vector<Tensor> operands;
                           for (size_t i = 0; i < call.args.size(); ++i) operands.push_back(call.tensor(i));
                           return einsum(call.config.at("subscripts").as_string(), operands);
                         },
                         {"*operands"}}});

}  // namespace

}  // namespace lamina
