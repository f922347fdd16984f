// Writers of ops that make elements of nothing. Few elements are constants before these are asked.
#include "lamina/formats/tflite/export/writer.h"
#include "lamina/graph/constant.h"
#include "lamina/ops/full.h"

namespace lamina::tflite {
namespace {

void full_of(Writing& w) {
  const Shape& shape = w.out_type().shape;
  w.out(0, w.op(fb::BuiltinOperator_FILL,
                {w.builder().integers({shape.begin(), shape.end()}), w.number(w.attrs<FullAttrs>().value)}));
}

// RANGE counts in these types alone.
void arange_of(Writing& w) {
  Builder& b = w.builder();
  const DType given = w.out_type().dtype;
  const DType dtype = given == DType::kFloat32 || given == DType::kInt64 ? given : DType::kInt32;
  const int32_t count = b.op(fb::BuiltinOperator_RANGE,
                             {b.number(0, dtype), b.number(static_cast<double>(w.attrs<ArangeAttrs>().n), dtype),
                              b.number(1, dtype)},
                             dtype, w.out_type().shape);
  w.out(0, w.cast(count, given));
}

const bool kMadeRegistered[] = {register_writer("full", full_of), register_writer("arange", arange_of)};

}  // namespace
}  // namespace lamina::tflite
