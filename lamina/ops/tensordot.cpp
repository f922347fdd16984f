// tensordot as einsum.
#include "lamina/ops/tensordot.h"

#include <numeric>
#include <string>

#include "lamina/base/error.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/detail/arguments.h"
#include "lamina/ops/detail/recorded.h"
#include "lamina/ops/einsum.h"

namespace lamina {
namespace {

Tensor drawn(const Tensor& a, const Tensor& b, Json axes) {
  return detail::recorded("Tensordot", {a, b}, Json::object({{"axes", std::move(axes)}}));
}

std::string letters_from(char first, int count) {
  std::string letters(static_cast<size_t>(count), first);
  std::iota(letters.begin(), letters.end(), first);
  return letters;
}

}  // namespace

Tensor tensordot(const Tensor& a, const Tensor& b, int axes) {
  if (is_symbolic(a) || is_symbolic(b)) return drawn(a, b, axes);
  if (axes < 0 || axes > a.rank() || axes > b.rank()) {
    throw InvalidArgument("tensordot: expected a number of axes from 0 to those that " + a.type().str() +
                          " and " + b.type().str() + " have, received " + std::to_string(axes));
  }
  std::vector<int> of_a(static_cast<size_t>(axes)), of_b(of_a);
  std::iota(of_a.begin(), of_a.end(), a.rank() - axes);
  std::iota(of_b.begin(), of_b.end(), 0);
  return tensordot(a, b, of_a, of_b);
}

Tensor tensordot(const Tensor& a, const Tensor& b, const std::vector<int>& of_a,
                 const std::vector<int>& of_b) {
  if (is_symbolic(a) || is_symbolic(b))
    return drawn(a, b, Json::list({detail::integers_json(of_a), detail::integers_json(of_b)}));
  if (of_a.size() != of_b.size()) {
    throw InvalidArgument("tensordot: expected as many axes of one operand as of the other, received " +
                          std::to_string(of_a.size()) + " and " + std::to_string(of_b.size()));
  }
  const std::string letters = letters_from('a', a.rank()), others = letters_from('A', b.rank());
  std::string of_b_letters = others, left = letters, right = others;
  for (size_t i = 0; i < of_a.size(); ++i) {
    const auto place = static_cast<size_t>(detail::checked_axis("tensordot", a, of_a[i]));
    const auto other = static_cast<size_t>(detail::checked_axis("tensordot", b, of_b[i]));
    if (left.find(letters[place]) == std::string::npos || right.find(others[other]) == std::string::npos)
      throw InvalidArgument("tensordot: an axis comes twice among those of one operand");
    if (a.shape()[of_a[i]] != b.shape()[of_b[i]]) {
      throw InvalidArgument("tensordot: axis " + std::to_string(of_a[i]) + " of " + a.type().str() +
                            " and axis " + std::to_string(of_b[i]) + " of " + b.type().str() +
                            " must have one extent");
    }
    of_b_letters[other] = letters[place];
    left.erase(left.find(letters[place]), 1);
    right.erase(right.find(others[other]), 1);
  }
  const bool truths = a.dtype() == DType::kBool && b.dtype() == DType::kBool;
  const std::string subscripts = letters + "," + of_b_letters + "->" + left + right;
  if (!truths) return einsum(subscripts, {a, b});
  return cast(einsum(subscripts, {cast(a, DType::kFloat32), cast(b, DType::kFloat32)}), DType::kBool);
}

namespace {

std::vector<int> axes_at(const OperationCall& call, size_t place) {
  const Json& axes = call.config.at("axes");
  if (axes.size() != 2)
    throw InvalidArgument("operation Tensordot: expected axes of two operands, received " + axes.dump());
  std::vector<int> list;
  for (const Json& axis : axes.at(place).as_list())
    list.push_back(detail::checked_int(axis.as_int(), "axes"));
  return list;
}

const bool tensordot_recorded = detail::register_operations(
    detail::kNumpyOps,
    {{"Tensordot",
      [](const OperationCall& call) {
        const Json& axes = call.config.at("axes");
        if (axes.is_int())
          return tensordot(call.tensor(0), call.tensor(1), detail::checked_int(axes.as_int(), "axes"));
        return tensordot(call.tensor(0), call.tensor(1), axes_at(call, 0), axes_at(call, 1));
      },
      {"x1", "x2"}}});

}  // namespace

}  // namespace lamina
