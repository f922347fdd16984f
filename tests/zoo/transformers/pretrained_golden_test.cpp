// What Hugging Face's library computes of the models that it wrote (tools/golden/pretrained.py): outputs, and
// the texts that it generates, token by token.
#include "lamina/lamina.h"
#include "lamina/ops/cast.h"
#include "lamina/zoo/transformers/detail/activation.h"
#include "lamina/zoo/transformers/pretrained_model.h"
#include "tests/support/golden.h"
#include "tests/support/temporary_folder.h"

namespace lamina::test {
namespace {

/// Larger than elsewhere: every option is off by far more, and blocks add up.
constexpr double kTolerance = 1e-5;

class PretrainedLibrary : public ::testing::TestWithParam<std::string> {
 protected:
  std::string folder() const { return golden_path("transformers/" + GetParam()); }
  Golden golden() const { return Golden("transformers/" + GetParam()); }
};

Tensors inputs_of(const PretrainedModel& model, const Golden& golden) {
  std::vector<std::pair<std::string, Tensor>> inputs;
  for (const ModelInput& input : model.takes()) {
    if (golden.contains("in:" + input.name)) inputs.emplace_back(input.name, golden.at("in:" + input.name));
  }
  return Tensors(std::move(inputs));
}

GenerateOptions options_of(const Json& json) {
  GenerateOptions options;
  for (const auto& [key, value] : json.as_object()) {
    if (key == "max_new_tokens") options.max_new_tokens = value.as_int();
    if (key == "min_new_tokens") options.min_new_tokens = value.as_int();
    if (key == "num_beams") options.num_beams = value.as_int();
    if (key == "num_return_sequences") options.num_return_sequences = value.as_int();
    if (key == "no_repeat_ngram_size") options.no_repeat_ngram_size = value.as_int();
    if (key == "length_penalty") options.length_penalty = value.as_double();
    if (key == "repetition_penalty") options.repetition_penalty = value.as_double();
  }
  return options;
}

std::vector<std::vector<int32_t>> rows_of(const Json& json) {
  std::vector<std::vector<int32_t>> rows;
  for (const Json& row : json.as_list()) {
    rows.emplace_back();
    for (const Json& id : row.as_list()) rows.back().push_back(static_cast<int32_t>(id.as_int()));
  }
  return rows;
}

void expect_outputs(const PretrainedModel& model, const Golden& golden) {
  const Tensors outputs = model.run(inputs_of(model, golden));
  ASSERT_EQ(outputs.names(), model.gives());
  for (const std::string& name : outputs.names()) {
    ASSERT_TRUE(golden.contains("out:" + name)) << name;
    Tensor actual = outputs[name], expected = golden.at("out:" + name);
    if (golden.contains("mask:" + name)) {
      const Tensor mask = expand_dims(cast(golden.at("mask:" + name), DType::kFloat32), -1);
      actual = actual * mask;
      expected = expected * mask;
    }
    expect_close(actual.eval(), expected.eval(), name, kTolerance);
  }
}

TEST_P(PretrainedLibrary, GivesTheSame) {
  const std::shared_ptr<PretrainedModel> model = AutoModel::from_pretrained(folder());
  expect_outputs(*model, golden());
}

TEST_P(PretrainedLibrary, WritesTheSame) {
  const std::shared_ptr<PretrainedModel> model = AutoModel::from_pretrained(folder());
  for (const Json& generation : golden().json("generations").as_list()) {
    const auto ids = model->generate(rows_of(generation.at("prompts")), options_of(generation.at("options")));
    EXPECT_EQ(ids, rows_of(generation.at("ids"))) << generation.at("options").dump();
  }
}

TEST_P(PretrainedLibrary, IsTheSameAfterSaving) {
  const TemporaryFolder saved;
  AutoModel::from_pretrained(folder())->save_pretrained(saved.path(), 4096);
  const std::shared_ptr<PretrainedModel> model = AutoModel::from_pretrained(saved.path());
  expect_outputs(*model, golden());
  EXPECT_EQ(model->config_json(), AutoModel::from_pretrained(folder())->config_json());
}

INSTANTIATE_TEST_SUITE_P(Models, PretrainedLibrary, ::testing::ValuesIn(golden_cases("transformers")),
                         CaseName());

TEST(PretrainedActivations, AreThoseOfTheLibrary) {
  const Golden golden("zoo/pretrained_activations");
  for (const char* name : {"gelu",
                           "gelu_10",
                           "gelu_accurate",
                           "gelu_fast",
                           "gelu_new",
                           "gelu_python",
                           "gelu_python_tanh",
                           "gelu_pytorch_tanh",
                           "hardswish",
                           "leaky_relu",
                           "linear",
                           "mish",
                           "quick_gelu",
                           "relu",
                           "relu2",
                           "relu6",
                           "sigmoid",
                           "silu",
                           "swish",
                           "tanh"})
    expect_close(detail::pretrained_activation(name)(golden.at("x")).eval(), golden.at(name), name);
}

TEST(PretrainedActivations, OthersAreRefused) {
  const std::string message = message_of<InvalidArgument>([] { detail::pretrained_activation("gelu_nwe"); });
  EXPECT_NE(message.find("did you mean 'gelu_new'"), std::string::npos) << message;
}

}  // namespace
}  // namespace lamina::test
