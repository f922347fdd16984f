// MultiHeadAttention: projections, then the fused op where it knows the case, products of its own elsewhere.
#include "lamina/nn/layers/multi_head_attention.h"

#include <cmath>

#include "lamina/nn/layers/attention_scores.h"
#include "lamina/nn/layers/dropout.h"
#include "lamina/nn/layers/kernel_arguments.h"
#include "lamina/ops/attention.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/full.h"
#include "lamina/ops/rearrange.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina {
namespace {

// Positions of queries as a column, those of keys as a row.
std::pair<Tensor, Tensor> positions(int64_t queries, int64_t keys) {
  return {reshape(arange(queries), {queries, 1}), reshape(arange(keys), {1, keys})};
}

Tensor both(const Tensor& a, const Tensor& b) { return a.defined() ? logical_and(a, b) : b; }

Json optional_json(const std::optional<int64_t>& value) { return value ? Json(*value) : Json(); }

template <class T>
Json list_json(const std::vector<T>& values) {
  if (values.empty()) return {};
  Json list = Json::list();
  for (const T value : values) list.push_back(value);
  return list;
}

}  // namespace

MultiHeadAttention::MultiHeadAttention(int64_t num_heads, int64_t key_dim, const Kind& kind,
                                       const MultiHeadAttentionOptions& options)
    : KerasLayer<MultiHeadAttention>(options.name, options.trainable, options.dtype),
      num_heads_(num_heads),
      key_dim_(key_dim),
      value_dim_(options.value_dim.value_or(key_dim)),
      kind_(kind),
      options_(options) {}

MultiHeadAttention::MultiHeadAttention(int64_t num_heads, int64_t key_dim,
                                       const MultiHeadAttentionOptions& options)
    : MultiHeadAttention(num_heads, key_dim, Kind{num_heads, true, ""}, options) {
  if (num_heads < 1) fail("num_heads must be positive, received " + std::to_string(num_heads));
  if (key_dim < 1) fail("key_dim must be positive, received " + std::to_string(key_dim));
  check_arguments();
}

void MultiHeadAttention::check_arguments() {
  if (value_dim_ < 1) fail("value_dim must be positive, received " + std::to_string(value_dim_));
  if (!(options_.dropout >= 0 && options_.dropout < 1))
    fail("dropout must be at least 0 and below 1, received " + std::to_string(options_.dropout));
  if (options_.sliding_window && *options_.sliding_window < 1)
    fail("sliding_window must be positive, received " + std::to_string(*options_.sliding_window));
  require_initializer("kernel_initializer", options_.kernel_initializer);
  require_initializer("bias_initializer", options_.bias_initializer);
  // That of the output projection; the others get theirs with their making.
  set_activity_regularizer(options_.activity_regularizer);
}

std::vector<std::string> MultiHeadAttention::mask_arguments() const {
  return {"query_mask", "value_mask", "key_mask"};
}

std::vector<std::string> MultiHeadAttention::call_arguments() const {
  return {"query",
          "value",
          "key",
          "query_mask",
          "value_mask",
          "key_mask",
          "attention_mask",
          "return_attention_scores",
          "training",
          "use_causal_mask"};
}

std::vector<int> MultiHeadAttention::axes_for(int rank) const {
  std::vector<int> axes;
  for (const int axis : options_.attention_axes) axes.push_back(axis < 0 ? axis + rank : axis);
  if (axes.empty()) {
    for (int axis = 1; axis < rank - 1; ++axis) axes.push_back(axis);
  }
  return axes;
}

TensorSpecs MultiHeadAttention::compute_output_specs(const TensorSpecs& inputs) const {
  std::string shapes;
  for (const TensorSpec& input : inputs) shapes += (shapes.empty() ? "" : ", ") + input.shape.str();
  if (inputs.size() < 2 || inputs.size() > 3)
    fail("expected query, value and perhaps key, received " + std::to_string(inputs.size()) +
         " inputs: " + shapes);
  const Shape &query = inputs[0].shape, &value = inputs[1].shape, &key = inputs.back().shape;
  const int rank = query.rank();
  if (rank < 3 || value.rank() != rank || key.rank() != rank)
    fail("expected query, value and key of one rank, 3 or more, (batch, ..., dim), received shapes " +
         shapes);
  const auto differ = [](int64_t a, int64_t b) { return a >= 0 && b >= 0 && a != b; };
  for (int axis = 0; axis < rank - 1; ++axis) {
    if (differ(value[axis], key[axis]))
      fail("value and key must agree on all axes but the last, received shapes " + shapes);
  }
  std::vector<bool> attended(static_cast<size_t>(rank));
  for (const int axis : axes_for(rank)) {
    if (axis < 1 || axis >= rank - 1)
      fail("attention_axes must lie between batch and features, received axis " + std::to_string(axis) +
           " for shapes " + shapes);
    attended[static_cast<size_t>(axis)] = true;
  }
  for (int axis = 0; axis < rank - 1; ++axis) {
    if (!attended[static_cast<size_t>(axis)] && differ(query[axis], value[axis]))
      fail("query and value must agree on all axes but the last and attention_axes, received shapes " +
           shapes);
  }
  for (const TensorSpec& input : inputs) {
    if (input.shape[-1] < 0) fail("the last axes of the inputs must be known, received shapes " + shapes);
  }
  Shape output;
  for (int axis = 0; axis < rank - 1; ++axis) output.push_back(query[axis]);
  if (options_.output_shape.empty()) output.push_back(query[-1]);
  for (const int64_t extent : options_.output_shape) output.push_back(extent);
  return {{output, compute_dtype()}};
}

TensorSpecs MultiHeadAttention::call_output_specs(const LayerCall& call, const TensorSpecs& inputs) const {
  TensorSpecs outputs = compute_output_specs(inputs);
  if (!call.flag("return_attention_scores")) return outputs;
  // (batch, ..., heads, attended axes of the query, attended axes of the key)
  const Shape &query = inputs[0].shape, &key = inputs.back().shape;
  const std::vector<int> attended = axes_for(query.rank());
  Shape scores;
  for (int axis = 0; axis < query.rank() - 1; ++axis) {
    if (std::find(attended.begin(), attended.end(), axis) == attended.end()) scores.push_back(query[axis]);
  }
  scores.push_back(num_heads_);
  for (const int axis : attended) scores.push_back(query[axis]);
  for (const int axis : attended) scores.push_back(key[axis]);
  outputs.push_back({scores, compute_dtype()});
  return outputs;
}

std::shared_ptr<Layer> MultiHeadAttention::projection(const std::string& name, int rank, int bound,
                                                      const std::vector<int64_t>& outputs,
                                                      const std::string& activation) const {
  std::string input, kernel, result, bias;
  char next = 'a';
  for (int i = 0; i < rank - bound; ++i) input += next++;
  result = input;
  for (int i = 0; i < bound; ++i) kernel += next++;
  input += kernel;
  for (size_t i = 0; i < outputs.size(); ++i) bias += next++;
  std::vector<int64_t> shape(static_cast<size_t>(rank - bound - 1), -1);
  shape.insert(shape.end(), outputs.begin(), outputs.end());
  return std::make_shared<EinsumDense>(
      input + "," + kernel + bias + "->" + result + bias, shape,
      EinsumDenseOptions{
          .activation = activation,
          .bias_axes = options_.use_bias ? bias : std::string(),
          .kernel_initializer = options_.kernel_initializer,
          .bias_initializer = options_.bias_initializer,
          .kernel_regularizer = options_.kernel_regularizer,
          .bias_regularizer = options_.bias_regularizer,
          .activity_regularizer = name == "attention_output" ? Choice<Regularizer>() : activity_regularizer(),
          .kernel_constraint = options_.kernel_constraint,
          .bias_constraint = options_.bias_constraint,
          .name = name,
          .trainable = trainable(),
          .dtype = dtype_policy()});
}

void MultiHeadAttention::make_projections(const TensorSpecs& inputs) {
  const Shape& query = inputs[0].shape;
  const int rank = query.rank();
  std::vector<std::pair<std::string, std::shared_ptr<Layer>>> layers;
  layers.emplace_back("query_dense", projection("query", rank, 1, {num_heads_, key_dim_}, "linear"));
  layers.emplace_back("key_dense",
                      projection("key", rank, 1, {kind_.num_key_value_heads, key_dim_}, "linear"));
  if (options_.use_gate)
    layers.emplace_back("gate_dense", projection("gate", rank, 1, {num_heads_, value_dim_}, "sigmoid"));
  layers.emplace_back("value_dense",
                      projection("value", rank, 1, {kind_.num_key_value_heads, value_dim_}, "linear"));
  const std::vector<int64_t> outputs =
      options_.output_shape.empty() ? std::vector<int64_t>{query[-1]} : options_.output_shape;
  layers.emplace_back("output_dense", projection("attention_output", rank + 1, 2, outputs, "linear"));
  for (auto& [member, layer] : layers) member = kind_.prefix + member;
  set_sublayers(std::move(layers));
}

const Layer& MultiHeadAttention::inner(const char* member) const {
  for (const auto& [name, layer] : sublayers()) {
    if (name == kind_.prefix + std::string(member)) return *layer;
  }
  fail(std::string("has no ") + member + " before it is built");
}

// The layers inside depend on the inputs, so they are made with the first build; later handles find them.
void MultiHeadAttention::create_weights_for(const TensorSpecs& inputs) {
  if (!built()) make_projections(inputs);
  const DType dtype = compute_dtype();
  const TensorSpec query{inputs[0].shape, dtype}, value{inputs[1].shape, dtype};
  build_sublayer(inner("query_dense"), {query});
  build_sublayer(inner("key_dense"), {{inputs.back().shape, dtype}});
  if (options_.use_gate) build_sublayer(inner("gate_dense"), {query});
  build_sublayer(inner("value_dense"), {value});
  Shape heads = inner("query_dense").output_shape();
  heads.set(-1, value_dim_);
  build_sublayer(inner("output_dense"), {{heads, dtype}});
}

// What queries may look at, for scores (batch, ..., heads, queries, keys); undefined for everything.
Tensor MultiHeadAttention::mask_for(const LayerCall& call, int scores_rank) const {
  const Tensor &query = call.inputs[0], &value = call.inputs[1];
  const int attended = static_cast<int>(axes_for(query.rank()).size());
  Tensor mask;
  const auto require_one = [&](const char* what) {
    if (attended != 1) fail(std::string(what) + " needs exactly one attention axis");
  };
  // As in broadcasting, an axis of extent 1 stands for all.
  const auto require_places = [&](const char* what, const Tensor& given, int axis, const Tensor& of) {
    const int64_t places = of.shape()[axes_for(query.rank())[0]], extent = given.shape()[axis];
    if (extent == places || extent == 1) return;
    fail(std::string(what) + " of shape " + given.shape().str() + " should have " + std::to_string(places) +
         " places along axis " + std::to_string(axis) + ", one for each of an input of shape " +
         of.shape().str());
  };
  if (const Tensor given = call.tensor("query_mask"); given.defined()) {
    require_one("a mask of the query");
    require_places("query_mask", given, -1, query);
    mask = both(mask, detail::widen(expand_dims(given, -1), scores_rank, 2));
  }
  for (const char* keyword : {"value_mask", "key_mask"}) {
    if (const Tensor given = call.tensor(keyword); given.defined()) {
      require_one("a mask of value or key");
      require_places(keyword, given, -1, value);
      mask = both(mask, detail::widen(expand_dims(given, -2), scores_rank, 2));
    }
  }
  if (call.flag("use_causal_mask") || options_.sliding_window) {
    require_one("use_causal_mask or sliding_window");
    const int axis = axes_for(query.rank())[0];
    const auto [row, column] = positions(query.shape()[axis], value.shape()[axis]);
    if (call.flag("use_causal_mask"))
      mask = both(mask, detail::widen(greater_equal(row, column), scores_rank, 2));
    if (options_.sliding_window) {
      const Tensor near = less(abs(row - column), static_cast<double>(*options_.sliding_window));
      mask = both(mask, detail::widen(near, scores_rank, 2));
    }
  }
  if (const Tensor given = call.tensor("attention_mask"); given.defined()) {
    if (given.rank() > scores_rank || given.rank() < 2 * attended) {
      fail("attention_mask must be (batch, queries, keys), perhaps with an axis of heads, received shape " +
           given.shape().str());
    }
    if (attended == 1) {
      require_places("attention_mask", given, -2, query);
      require_places("attention_mask", given, -1, value);
    }
    mask = both(mask, detail::widen(given, scores_rank, 2 * attended));
  }
  return mask;
}

std::vector<Tensor> MultiHeadAttention::forward(const LayerCall& call, CallContext& context) const {
  const Tensor &query_input = call.inputs.at(0), &value_input = call.inputs.at(1);
  const std::vector<int> axes = axes_for(query_input.rank());
  const int attended = static_cast<int>(axes.size());
  const int rank = query_input.rank() + 1;  // of what is projected
  const Tensor mask = mask_for(call, rank - 1 + attended);
  // As in Keras: what is added to the output afterwards, and the sum with it, is not masked any more.
  for (const Tensor& input : call.inputs) {
    if (kind_.takes_masks_away) context.take_mask_away(input);
  }
  const auto for_all_heads = [&](const Tensor& x) {
    return kind_.num_key_value_heads == num_heads_ ? x
                                                   : repeat(x, num_heads_ / kind_.num_key_value_heads, -2);
  };
  const Tensor query = inner("query_dense")(query_input, context);
  const Tensor key = for_all_heads(inner("key_dense")(call.inputs.back(), context));
  const Tensor value = for_all_heads(inner("value_dense")(value_input, context));
  const double scale = 1 / std::sqrt(static_cast<double>(key_dim_));

  const bool scores_wanted = call.flag("return_attention_scores");
  const bool fused = options_.dropout == 0 && !scores_wanted && rank == 4;
  Tensor output, scores;
  if (fused && value_dim_ == key_dim_) {
    output = dot_product_attention(query, key, value, {.mask = mask, .scale = scale});
  } else {
    const detail::AttentionTerms terms = detail::attention_terms(rank, axes);
    scores = detail::einsum(terms.scores, key, query * scale);
    if (mask.defined()) scores = where(mask, scores, scores.dtype() == DType::kFloat16 ? -3e4 : -1e9);
    scores = detail::softmax_over(scores, attended);
    // As in Keras, a query without any key gets the mean of all values from the fused computation, and
    // nothing from this one.
    if (mask.defined() && !fused) scores = where(mask, scores, 0.0);
    const Tensor weights = Dropout(options_.dropout, {.seed = options_.seed}).call(scores, context);
    output = detail::einsum(terms.outputs, weights, value);
  }
  if (options_.use_gate) output = output * inner("gate_dense")(query_input, context);
  output = inner("output_dense")(output, context);
  if (scores_wanted) return {output, scores};
  return {output};
}

Json MultiHeadAttention::own_config() const {
  Json config = Json::object(
      {{"num_heads", num_heads_},
       {"key_dim", key_dim_},
       {"value_dim", value_dim_},
       {"dropout", options_.dropout},
       {"use_bias", options_.use_bias},
       {"use_gate", options_.use_gate},
       {"output_shape", list_json(options_.output_shape)},
       {"attention_axes", list_json(built() ? axes_for(input_shape().rank()) : options_.attention_axes)},
       {"sliding_window", optional_json(options_.sliding_window)}});
  detail::write_kernel_arguments(config, options_);
  config["seed"] = optional_json(options_.seed);
  return config;
}

Json MultiHeadAttention::build_config() const {
  Json shapes = Json::object();
  const char* const names[] = {"query_shape", "value_shape", "key_shape"};
  for (size_t i = 0; i < input_specs().size(); ++i) shapes[names[i]] = shape_json(input_specs()[i].shape);
  return Json::object({{"shapes_dict", shapes}});
}

namespace {

const bool multi_head_attention_registered =
    register_layer("MultiHeadAttention", [](const Json& config) -> std::shared_ptr<Layer> {
      ConfigReader reader(config, "MultiHeadAttention");
      MultiHeadAttentionOptions options;
      reader.layer_arguments(options.name, options.trainable, &options.dtype);
      const int64_t num_heads = reader.integer("num_heads");
      const int64_t key_dim = reader.integer("key_dim");
      options.value_dim = reader.optional_integer("value_dim");
      options.dropout = reader.number("dropout", 0);
      options.use_bias = reader.boolean("use_bias", true);
      options.use_gate = reader.boolean("use_gate", false);
      const Json output_shape = reader.json("output_shape");
      if (output_shape.is_int()) options.output_shape = {output_shape.as_int()};
      if (output_shape.is_list()) options.output_shape = reader.integers("output_shape");
      const Json axes = reader.json("attention_axes");
      if (axes.is_int()) options.attention_axes = {static_cast<int>(reader.integer("attention_axes"))};
      if (axes.is_list()) {
        for (const int64_t axis : reader.integers("attention_axes"))
          options.attention_axes.push_back(static_cast<int>(axis));
      }
      options.sliding_window = reader.optional_integer("sliding_window");
      options.kernel_initializer = reader.initializer("kernel_initializer", "glorot_uniform");
      options.bias_initializer = reader.initializer("bias_initializer", "zeros");
      options.kernel_regularizer = reader.regularizer("kernel_regularizer");
      options.bias_regularizer = reader.regularizer("bias_regularizer");
      options.activity_regularizer = reader.regularizer("activity_regularizer");
      options.kernel_constraint = reader.constraint("kernel_constraint");
      options.bias_constraint = reader.constraint("bias_constraint");
      options.seed = reader.optional_integer("seed");
      reader.only_null({"flash_attention"});
      reader.done();
      return std::make_shared<MultiHeadAttention>(num_heads, key_dim, options);
    });

}  // namespace

}  // namespace lamina
