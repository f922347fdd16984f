// GroupQueryAttention: arguments and configuration; MultiHeadAttention does the work.
#include "lamina/nn/layers/group_query_attention.h"

#include "lamina/nn/layers/kernel_arguments.h"

namespace lamina {
namespace {

MultiHeadAttentionOptions of_heads(const GroupQueryAttentionOptions& options) {
  return {.dropout = options.dropout,
          .use_bias = options.use_bias,
          .use_gate = options.use_gate,
          .sliding_window = options.sliding_window,
          .kernel_initializer = options.kernel_initializer,
          .bias_initializer = options.bias_initializer,
          .kernel_regularizer = options.kernel_regularizer,
          .bias_regularizer = options.bias_regularizer,
          .activity_regularizer = options.activity_regularizer,
          .kernel_constraint = options.kernel_constraint,
          .bias_constraint = options.bias_constraint,
          .seed = options.seed,
          .name = options.name,
          .trainable = options.trainable,
          .dtype = options.dtype};
}

}  // namespace

GroupQueryAttention::GroupQueryAttention(int64_t head_dim, int64_t num_query_heads,
                                         int64_t num_key_value_heads,
                                         const GroupQueryAttentionOptions& options)
    : KerasLayer<GroupQueryAttention, MultiHeadAttention>(
          num_query_heads, head_dim, Kind{num_key_value_heads, false, "_"}, of_heads(options)),
      num_key_value_heads_(num_key_value_heads) {
  if (head_dim < 1) fail("head_dim must be positive, received " + std::to_string(head_dim));
  if (num_query_heads < 1)
    fail("num_query_heads must be positive, received " + std::to_string(num_query_heads));
  if (num_key_value_heads < 1 || num_query_heads % num_key_value_heads != 0) {
    fail("num_key_value_heads must be positive and divide num_query_heads, " +
         std::to_string(num_query_heads) + ", received " + std::to_string(num_key_value_heads));
  }
  check_arguments();
}

TensorSpecs GroupQueryAttention::compute_output_specs(const TensorSpecs& inputs) const {
  for (const TensorSpec& input : inputs) require_rank(input.shape, 3, "(batch, places, features)");
  return MultiHeadAttention::compute_output_specs(inputs);
}

Json GroupQueryAttention::own_config() const {
  const auto optional = [](const std::optional<int64_t>& value) { return value ? Json(*value) : Json(); };
  Json config = Json::object({{"head_dim", key_dim()},
                              {"num_query_heads", num_heads()},
                              {"num_key_value_heads", num_key_value_heads_},
                              {"use_bias", options().use_bias},
                              {"use_gate", options().use_gate},
                              {"sliding_window", optional(options().sliding_window)},
                              {"dropout", options().dropout}});
  detail::write_kernel_arguments(config, options());
  config["seed"] = optional(options().seed);
  return config;
}

Json GroupQueryAttention::serialize() const {
  Json json = MultiHeadAttention::serialize();
  json["class_name"] = "GroupQueryAttention";
  return json;
}

namespace {

std::shared_ptr<Layer> make(const Json& config) {
  ConfigReader reader(config, "GroupQueryAttention");
  GroupQueryAttentionOptions options;
  reader.layer_arguments(options.name, options.trainable, &options.dtype);
  const int64_t head_dim = reader.integer("head_dim"), queries = reader.integer("num_query_heads");
  const int64_t keys = reader.integer("num_key_value_heads");
  options.dropout = reader.number("dropout", 0);
  options.use_bias = reader.boolean("use_bias", true);
  options.use_gate = reader.boolean("use_gate", false);
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
  return std::make_shared<GroupQueryAttention>(head_dim, queries, keys, options);
}

// .h5 files name the class, all others what Keras calls it in public.
const bool group_query_attention_registered = Registry<Layer>::add("GroupQueryAttention", make, {"GroupedQueryAttention"});

}  // namespace

}  // namespace lamina
