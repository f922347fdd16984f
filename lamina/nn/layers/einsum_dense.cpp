// EinsumDense.
#include "lamina/nn/layers/einsum_dense.h"

#include <map>

#include "lamina/nn/activations/activation.h"
#include "lamina/nn/layers/kernel_arguments.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/detail/einsum_terms.h"

namespace lamina {
namespace {

// Keras takes the fans of a kernel from the equation: axes of the input against those of the result.
Choice<Initializer> with_fans(const Choice<Initializer>& initializer, const Json& inputs,
                              const Json& outputs) {
  const std::shared_ptr<const Initializer> object = initializer.get();
  Json config = object->config();
  const Json* given = config.find("input_axes");
  if (!given || !given->is_null()) return initializer;
  config["input_axes"] = inputs;
  config["output_axes"] = outputs;
  return std::shared_ptr<const Initializer>(Registry<Initializer>::make(object->class_name(), config));
}

}  // namespace

struct EinsumDense::Extents {
  detail::EinsumTerms terms;  ///< without "..."
  Shape kernel, bias, output;
};

EinsumDense::EinsumDense(const std::string& equation, std::vector<int64_t> output_shape,
                         const EinsumDenseOptions& options)
    : KerasLayer<EinsumDense>(options.name, options.trainable, options.dtype),
      equation_(equation),
      sample_shape_(std::move(output_shape)),
      options_(options) {
  std::string result;
  try {
    result = detail::parse_einsum(equation).result;
  } catch (const InvalidArgument& error) {
    fail(error.what());
  }
  for (const char letter : options.bias_axes) {
    if (letter == '.' || result.find(letter) == std::string::npos) {
      fail("bias_axes '" + options.bias_axes + "' must be letters of the result of '" + equation + "'");
    }
  }
  require_initializer("kernel_initializer", options.kernel_initializer);
  require_initializer("bias_initializer", options.bias_initializer);
  options_.activation = find_activation(options.activation, *this).name;
  set_activity_regularizer(options.activity_regularizer);
}

EinsumDense::Extents EinsumDense::extents(const Shape& input) const {
  Extents result;
  result.terms = detail::without_ellipsis(detail::parse_einsum(equation_), input.rank());
  const detail::EinsumTerms& terms = result.terms;
  if (static_cast<int>(terms.a.size()) != input.rank())
    fail("equation '" + equation_ + "' does not fit input of shape " + input.str());

  std::map<char, int64_t> of_letter;
  for (size_t i = 0; i < terms.a.size(); ++i) of_letter[terms.a[i]] = input[static_cast<int>(i)];
  // sample_shape_ tells the axes after the batch that are no part of "...".
  const auto open = [](char letter) { return letter >= 'A' && letter <= 'Z'; };
  const bool leading = !terms.result.empty() && open(terms.result[0]);
  std::string told;
  for (size_t i = leading ? 0 : 1; i < terms.result.size(); ++i) {
    if (!open(terms.result[i])) told += terms.result[i];
  }
  if (told.size() != sample_shape_.size()) {
    fail("output_shape has " + std::to_string(sample_shape_.size()) + " axes where equation '" + equation_ +
         "' has " + std::to_string(told.size()) + " beside the batch");
  }
  for (size_t i = 0; i < told.size(); ++i) {
    const int64_t wanted = sample_shape_[i];
    const auto [known, fresh] = of_letter.emplace(told[i], wanted);
    if (!fresh && known->second < 0) known->second = wanted;
    if (wanted >= 0 && known->second != wanted) {
      fail("output_shape says " + std::to_string(wanted) + " for axis '" + std::string(1, told[i]) +
           "' of equation '" + equation_ + "', but the input of shape " + input.str() + " has " +
           std::to_string(known->second));
    }
  }
  for (const char letter : terms.b) {
    const auto found = of_letter.find(letter);
    if (found == of_letter.end() || found->second < 0) {
      fail("axis '" + std::string(1, letter) + "' of the kernel must be known, from output_shape or from " +
           "the input, received shape " + input.str());
    }
    result.kernel.push_back(found->second);
  }
  for (const char letter : terms.result) {
    result.output.push_back(of_letter[letter]);
    const bool varies = options_.bias_axes.find(letter) != std::string::npos;
    if (varies) {
      result.bias.push_back(of_letter[letter]);
    } else if (result.bias.rank() > 0) {
      result.bias.push_back(1);
    }
  }
  return result;
}

Shape EinsumDense::compute_output_shape(const Shape& input) const {
  Extents result = extents(input);
  if (kernel_ && result.kernel != kernel_->type.shape) {
    fail("expected input that fits a kernel of shape " + kernel_->type.shape.str() + ", received shape " +
         input.str());
  }
  return result.output;
}

void EinsumDense::create_weights(const Shape& input) {
  const Extents result = extents(input);
  Json inputs = Json::list(), outputs = Json::list();
  for (size_t i = 0; i < result.terms.b.size(); ++i) {
    const bool kept = result.terms.result.find(result.terms.b[i]) != std::string::npos;
    (kept ? outputs : inputs).push_back(i);
  }
  kernel_ = add_weight("kernel", result.kernel, with_fans(options_.kernel_initializer, inputs, outputs),
                       detail::weight_options(options_.kernel_regularizer, options_.kernel_constraint));
  if (!options_.bias_axes.empty()) {
    bias_ = add_weight("bias", result.bias, options_.bias_initializer,
                       detail::weight_options(options_.bias_regularizer, options_.bias_constraint));
  }
}

Tensor EinsumDense::call(const Tensor& x, CallContext& context) const {
  Tensor y = detail::einsum(detail::without_ellipsis(detail::parse_einsum(equation_), x.rank()), x,
                            context.value(kernel_, compute_dtype()));
  if (bias_) y = y + context.value(bias_, compute_dtype());
  return find_activation(options_.activation).function(y);
}

Json EinsumDense::own_config() const {
  Json config = Json::object({{"output_shape", shape_json(Shape(sample_shape_))},
                              {"equation", equation_},
                              {"activation", options_.activation},
                              {"bias_axes", options_.bias_axes.empty() ? Json() : Json(options_.bias_axes)}});
  detail::write_kernel_arguments(config, options_);
  config["quantization_config"] = nullptr;
  return config;
}

namespace {

const bool einsum_dense_registered = register_layer("EinsumDense", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "EinsumDense");
  EinsumDenseOptions options;
  reader.layer_arguments(options.name, options.trainable, &options.dtype);
  const std::string equation = reader.string("equation", "");
  std::vector<int64_t> output_shape;
  if (reader.json("output_shape").is_list()) {
    output_shape = reader.integers("output_shape");
  } else {
    output_shape = {reader.integer("output_shape")};
  }
  options.activation = reader.activation();
  options.bias_axes = reader.string("bias_axes", "");
  options.kernel_initializer = reader.initializer("kernel_initializer", "glorot_uniform");
  options.bias_initializer = reader.initializer("bias_initializer", "zeros");
  options.kernel_regularizer = reader.regularizer("kernel_regularizer");
  options.bias_regularizer = reader.regularizer("bias_regularizer");
  options.activity_regularizer = reader.regularizer("activity_regularizer");
  options.kernel_constraint = reader.constraint("kernel_constraint");
  options.bias_constraint = reader.constraint("bias_constraint");
  reader.only_null({"quantization_config"});
  detail::allow_lora(reader);
  reader.done();
  return std::make_shared<EinsumDense>(equation, output_shape, options);
});

}  // namespace

}  // namespace lamina
