// Connectionist temporal classification: the probabilities of all spellings, added up over time.
#include "lamina/nn/losses/ctc.h"

#include <limits>

#include "lamina/nn/losses/detail/make.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/broadcast_to.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/control.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/softmax.h"
#include "lamina/ops/take_along_axis.h"
#include "lamina/ops/transpose.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina {
namespace {

const bool ctc_registered = Registry<Loss>::add("CTC", detail::make_loss<CTC>, {"ctc"});

// The logarithm of 0, as a number that sums and gradients survive.
constexpr double kNever = -1e30;

Tensor shifted(const Tensor& x, int64_t by) {
  const int64_t batch = x.shape()[0], states = x.shape()[1];
  if (states <= by) return full({batch, states}, kNever, x.dtype());
  return concatenate({full({batch, by}, kNever, x.dtype()), slice(x, {0, 0}, {batch, states - by})}, 1);
}

}  // namespace

Tensor CTC::values(const Tensor& y_true, const Tensor& y_pred) const {
  if (y_true.rank() != 2 || y_pred.rank() != 3 || y_true.shape()[0] != y_pred.shape()[0]) {
    throw InvalidArgument(
        "loss '" + name() +
        "': targets must be integers (batch, length), predictions logits (batch, time, classes); "
        "received targets of shape " +
        y_true.shape().str() + " and predictions of shape " + y_pred.shape().str());
  }
  const int64_t batch = y_true.shape()[0], length = y_true.shape()[1], states = 2 * length + 1;
  const Tensor labels = cast(y_true, DType::kInt32);
  const Tensor lengths = sum(cast(not_equal(labels, 0.0), DType::kInt32), {1});

  // The symbols with a blank before, between and after them: state 2i + 1 is symbol i.
  const Tensor blanks = zeros({batch, length, 1}, DType::kInt32);
  const Tensor pairs = reshape(concatenate({blanks, expand_dims(labels, 2)}, 2), {batch, 2 * length});
  const Tensor symbols = concatenate({pairs, zeros({batch, 1}, DType::kInt32)}, 1);
  // A blank may be passed over between two symbols that differ.
  const Tensor before = concatenate({zeros({batch, 2}, DType::kInt32), symbols}, 1);
  const Tensor skips =
      ops::logical_and(not_equal(symbols, 0.0), not_equal(symbols, slice(before, {0, 0}, {batch, states})));

  const Tensor steps = transpose(log_softmax(y_pred, -1), {1, 0, 2});  // (time, batch, classes)
  const Tensor first_states = broadcast_to(expand_dims(ops::less(arange(states), 2.0), 0), {batch, states});
  const Tensor chances = take_along_axis(index(steps, {0}), symbols, 1);
  const Tensor begin = where(first_states, chances, kNever);
  const auto step = [&](const std::vector<Tensor>& carry, const std::vector<Tensor>& x) {
    const Tensor& alpha = carry[0];
    const Tensor over = where(skips, shifted(alpha, 2), kNever);
    const Tensor ways = logsumexp(stack({alpha, shifted(alpha, 1), over}, 0), {0});
    return ScanResult{{maximum(ways + take_along_axis(x[0], symbols, 1), kNever)}, {}};
  };
  const int64_t time = y_pred.shape()[1];
  const Tensor alpha = time == 1 ? begin : scan(step, {begin}, {slice(steps, {1}, {time})}).carry[0];

  // It ends in the last symbol or in the blank behind it.
  const Tensor last = expand_dims(lengths * 2.0, 1);
  const Tensor in_blank = take_along_axis(alpha, last, 1);
  const Tensor in_symbol =
      where(ops::greater(last, 0.0), take_along_axis(alpha, maximum(last - 1.0, 0.0), 1), kNever);
  const Tensor spelled = logsumexp(concatenate({in_blank, in_symbol}, 1), {1});
  const Tensor possible = ops::greater(spelled, kNever / 2);
  return where(possible, -where(possible, spelled, 0.0), std::numeric_limits<double>::infinity());
}

}  // namespace lamina
