// Split: the operation of Keras's that gives several tensors, as files have it (keras.ops.split). A layer,
// since recorded operations give one tensor; programs have lamina/ops/split.h.
#include "lamina/ops/split.h"

#include "lamina/base/detail/checked_int.h"
#include "lamina/nn/config.h"
#include "lamina/nn/detail/layer_state.h"
#include "lamina/nn/layer.h"

namespace lamina {
namespace {

class Split final : public LayerOf<Split> {
 public:
  /// `where`: a number of parts, or a list of places.
  Split(const std::string& name, Json where, int axis)
      : LayerOf<Split>(name, true), where_(std::move(where)), axis_(axis) {
    fix_batch_size();  // the axis may be that of the batch
    if (where_.is_int()) return;
    for (const Json& place : where_.as_list()) places_.push_back(place.as_int());
  }
  std::string class_name() const override { return "Split"; }
  std::string module() const override { return "keras.src.ops.numpy"; }
  TensorSpecs compute_output_specs(const TensorSpecs& inputs) const override {
    require_inputs(inputs, 1);
    return detail::traced_output_specs(*this, inputs);
  }
  std::vector<Tensor> forward(const LayerCall& call, CallContext&) const override {
    const Tensor& x = call.inputs.at(0);
    return where_.is_int() ? split(x, where_.as_int(), axis_) : split(x, places_, axis_);
  }
  DType input_dtype(DType given) const override { return given; }
  Json serialize() const override {
    Json json =
        serialize_object(module(), class_name(),
                         Json::object({{"name", name()}, {"indices_or_sections", where_}, {"axis", axis_}}));
    json["registered_name"] = class_name();
    return json;
  }

 private:
  Json where_;
  std::vector<int64_t> places_;
  int axis_;
};

const bool registered = register_layer("Split", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "Split");
  std::string name;
  bool trainable = true;
  reader.layer_arguments(name, trainable);
  Json where = reader.json("indices_or_sections");
  const int axis = detail::checked_int(reader.integer("axis", 0), "axis");
  reader.done();
  return std::make_shared<Split>(name, std::move(where), axis);
});

}  // namespace
}  // namespace lamina
