// Folders that contradict themselves, and folders of other times.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <limits>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/formats/safetensors.h"
#include "lamina/lamina.h"
#include "tests/support/golden.h"
#include "tests/support/temporary_folder.h"
#include "tests/zoo/transformers/small_models.h"

namespace lamina::test {
namespace {

void write(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

/// A copy of a golden folder, to be changed.
class PretrainedFolder : public ::testing::Test {
 protected:
  void copy(const std::string& name) {
    std::filesystem::copy(golden_path("transformers/" + name), folder_.path(),
                          std::filesystem::copy_options::recursive);
  }
  Json config() const { return Json::parse(read_file(folder_ / "config.json")); }
  void set(const std::string& key, const Json& value) {
    Json json = config();
    json[key] = value;
    write(folder_ / "config.json", json.dump());
  }
  /// The tensors under other names.
  void rename(const std::function<std::string(const std::string&)>& new_name) {
    std::vector<NamedTensor> tensors;
    {
      const SafetensorsReader reader(folder_.path());
      for (const std::string& name : reader.names()) {
        const std::string other = new_name(name);
        if (!other.empty()) tensors.push_back({other, reader.read(name)});
      }
    }
    write_safetensors(folder_ / "model.safetensors", tensors);
  }
  std::string error() const {
    return message_of<FileError>([&] { AutoModel::from_pretrained(folder_.path()); });
  }
  void expect_error(const std::vector<std::string>& parts) const {
    const std::string message = error();
    for (const std::string& part : parts)
      EXPECT_NE(message.find(part), std::string::npos) << message << "\nlacks " << part;
  }

  TemporaryFolder folder_;
};

TEST_F(PretrainedFolder, HasToBeThere) {
  const std::string message = message_of<FileError>([&] { AutoModel::from_pretrained(folder_ / "nowhere"); });
  EXPECT_NE(message.find("config.json"), std::string::npos) << message;
  expect_error({"config.json"});
}

TEST_F(PretrainedFolder, LacksAShard) {
  copy("t5_sharded");
  std::vector<std::filesystem::path> shards;
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
    if (entry.path().filename().string().rfind("model-00002", 0) == 0) shards.push_back(entry.path());
  }
  ASSERT_EQ(shards.size(), 1u);
  std::filesystem::remove(shards[0]);
  expect_error({"model-00002", "is missing", "model.safetensors.index.json"});
}

TEST_F(PretrainedFolder, IsOfAnUnknownArchitecture) {
  copy("gpt2");
  set("architectures", Json::list({"GPT2LMHeadModle"}));
  expect_error(
      {"config.json", "'GPT2LMHeadModle', which Lamina does not have", "did you mean 'GPT2LMHeadModel'"});
  set("architectures", nullptr);
  set("model_type", "gpt9");
  expect_error({"'gpt9', which Lamina does not have"});
  set("model_type", nullptr);
  expect_error({"names neither architectures nor a model_type"});
}

TEST_F(PretrainedFolder, NamesATypeAlone) {
  copy("gpt2");
  set("architectures", nullptr);
  EXPECT_EQ(AutoModel::from_pretrained(folder_.path())->class_name(), "GPT2LMHeadModel");
}

TEST_F(PretrainedFolder, ContradictsItsWeights) {
  copy("gpt2");
  set("vocab_size", 41);
  expect_error({"do not fit GPT2LMHeadModel as config.json describes it", "transformer.wte.weight: expected shape (41, 16), received (40, 16)"});
}

TEST_F(PretrainedFolder, HasLayersThatConfigLacks) {
  copy("gpt2");
  set("n_layer", 1);
  expect_error({"do not fit GPT2LMHeadModel", "has no place: transformer.h.1.attn.c_attn.bias"});
}

TEST_F(PretrainedFolder, LacksLayersThatConfigHas) {
  copy("gpt2");
  set("n_layer", 3);
  expect_error({"missing: transformer.h.2.ln_1.weight", "missing: transformer.h.2.ln_1.bias", "and 2 more"});
}

TEST_F(PretrainedFolder, IsToldWithNearestNames) {
  copy("gpt2");
  rename([](const std::string& name) { return name == "transformer.wte.weight" ? "transformer.wte.weights" : name; });
  expect_error({"missing: transformer.wte.weight (nearest in the file: 'transformer.wte.weights')",
                "has no place: transformer.wte.weights (nearest in the model: 'transformer.wte.weight')"});
}

TEST_F(PretrainedFolder, WarnsOfWeightsThatAreNan) {
  copy("gpt2");
  std::vector<NamedTensor> tensors;
  {
    const SafetensorsReader reader(folder_.path());
    for (const std::string& name : reader.names()) tensors.push_back({name, reader.read(name)});
  }
  for (NamedTensor& tensor : tensors) {
    if (tensor.name == "transformer.ln_f.bias") tensor.value = tensor.value * std::numeric_limits<double>::quiet_NaN();
  }
  write_safetensors(folder_ / "model.safetensors", tensors);
  testing::internal::CaptureStderr();
  AutoModel::from_pretrained(folder_.path());
  EXPECT_NE(testing::internal::GetCapturedStderr().find("has weights that are NaN: 'transformer.ln_f.bias'"), std::string::npos);
}

TEST_F(PretrainedFolder, HasPyTorchFilesThatContradictTheirIndex) {
  copy("gpt2_pytorch_parts");
  const std::string index = folder_ / "pytorch_model.bin.index.json";
  Json json = Json::parse(read_file(index));
  const auto with_file = [&](const std::string& name, const Json& file) {
    Json changed = json;
    changed["weight_map"][name] = file;
    write(index, changed.dump());
  };
  with_file("transformer.none", "pytorch_model-00001-of-00002.bin");
  expect_error({"'transformer.none' is in 'pytorch_model-00001-of-00002.bin', and it is not"});
  with_file("transformer.wte.weight", "../pytorch_model-00001-of-00002.bin");
  expect_error({"should be in a file beside the index"});
  with_file("transformer.wte.weight", "pytorch_model-00003-of-00002.bin");
  expect_error({"pytorch_model-00003-of-00002.bin"});
  write(index, "[]");
  expect_error({"it is no index"});
}

TEST_F(PretrainedFolder, SaysNullWhereASizeIsNeeded) {
  copy("gpt2");
  for (const char* key : {"n_head", "n_layer", "n_embd", "vocab_size"}) {
    const Json before = Json::parse(read_file(folder_ / "config.json")).at(key);
    set(key, nullptr);
    expect_error({std::string(key) + " is null; a number from 1"});
    set(key, before);
  }
  set("n_inner", nullptr);  // four times n_embd, as Transformers has it
  EXPECT_NO_THROW(AutoModel::from_pretrained(folder_.path()));
}

TEST_F(PretrainedFolder, EndsTextsByATokenThatItLacks) {
  copy("gpt2");
  std::filesystem::remove(folder_ / "generation_config.json");
  set("eos_token_id", 40);
  expect_error({"config.json", "eos_token_id is 40; a token from 0 to 39 was expected"});
}

TEST_F(PretrainedFolder, HasAConfigThatIsNone) {
  copy("gpt2");
  write(folder_ / "config.json", "[1, 2]");
  expect_error({"config.json' is no object"});
  write(folder_ / "config.json", "{\"model_type\": ");
  expect_error({"config.json"});
}

TEST_F(PretrainedFolder, HasGenerationKeysThatAreNotKnown) {
  copy("gpt2");
  write(folder_ / "generation_config.json", R"({"num_beam_groups": 3})");
  expect_error({"generation_config.json", "\"num_beam_groups\" is 3, which Lamina does not know"});
  write(folder_ / "generation_config.json", R"({"eos_token_id": 40})");
  expect_error({"generation_config.json", "eos_token_id is 40"});
}

/// What a configuration asks for and is not computed, or cannot be: refused under its name.
struct Refused {
  const char *folder, *key, *value, *message;
};
void PrintTo(const Refused& refused, std::ostream* out) { *out << refused.key << " = " << refused.value; }
class RefusedOption : public PretrainedFolder, public ::testing::WithParamInterface<Refused> {};

TEST_P(RefusedOption, IsNamed) {
  copy(GetParam().folder);
  set(GetParam().key, Json::parse(GetParam().value));
  expect_error({"config.json", GetParam().message});
}

INSTANTIATE_TEST_SUITE_P(
    Options, RefusedOption,
    ::testing::Values(
        Refused{"gpt2", "activation_function", "\"gelu_nwe\"", "no activation 'gelu_nwe'"},
        Refused{"gpt2", "activation_function", "3", "activation_function is 3; a string"},
        Refused{"gpt2", "add_cross_attention", "true",
                "add_cross_attention is true; what Lamina computes, false"},
        Refused{"gpt2", "n_head", "3", "n_embd is 16; a multiple of n_head"},
        Refused{"gpt2", "n_layer", "2000000000", "n_layer is 2000000000"},
        Refused{"gpt2", "n_embd", "0", "n_embd is 0; a number from 1 on"},
        Refused{"gpt2", "pruned_heads", "{\"0\": [1]}", "pruned_heads"},
        Refused{"gpt2", "quantization_config", "{\"bits\": 4}", "quantization_config"},
        Refused{"llama", "rope_parameters", R"({"rope_type": "proportional", "factor": 2.0})",
                "rope_type is \"proportional\""},
        Refused{"llama", "rope_parameters", R"({"rope_type": "dynamic"})", "factor is null; a number"},
        Refused{"llama", "rope_scaling", R"({"type": "longrope", "long_factor": [1, 2]})",
                "short_factor is null; a list with a number for each pair"},
        Refused{"llama", "rope_scaling", R"({"type": "longrope", "long_factor": [1]})",
                "long_factor is [1]; a list with a number for each pair"},
        Refused{"llama", "rope_scaling", R"({"type": "longrope", "long_factor": [1, 0]})",
                "long_factor is [1, 0]; numbers above 0"},
        Refused{"llama", "rope_parameters", R"({"rope_type": "linear"})", "factor is null; a number"},
        Refused{"llama", "rope_parameters", R"({"rope_type": "linear", "factor": 0})", "factor is 0.0"},
        Refused{"llama", "rope_parameters",
                R"({"rope_type": "llama3", "factor": 2, "low_freq_factor": 4, "high_freq_factor": 1})",
                "high_freq_factor is 1"},
        Refused{"llama", "rope_parameters", R"({"full_attention": {"rope_theta": 5.0}})",
                "the same for all layers"},
        Refused{"llama", "rope_parameters", "7", "rope_parameters is 7; an object"},
        Refused{"llama", "partial_rotary_factor", "0.5", "partial_rotary_factor is 0.5"},
        Refused{"llama", "head_dim", "5", "head_dim is 5; an even number"},
        Refused{"llama", "num_key_value_heads", "3", "num_key_value_heads is 3; a divisor"},
        Refused{"llama", "pretraining_tp", "2", "pretraining_tp is 2"},
        Refused{"llama", "sliding_window", "16", "sliding_window is 16"},
        Refused{"mistral", "attention_bias", "true", "attention_bias is true"},
        Refused{"qwen2", "layer_types", R"(["full_attention", "chunked_attention"])",
                "\"chunked_attention\""},
        Refused{"qwen2", "layer_types", R"(["full_attention"])", "an entry for each layer"},
        Refused{"bert", "position_embedding_type", "\"relative_key\"",
                "position_embedding_type is \"relative_key\""},
        Refused{"bert", "is_decoder", "true", "is_decoder is true"},
        Refused{"bert", "hidden_act", "\"geglu\"", "no activation 'geglu'"},
        Refused{"bert_answers", "num_labels", "3", "num_labels is 3"},
        Refused{"roberta", "pad_token_id", "24", "pad_token_id is 24"},
        Refused{"distilbert", "n_heads", "3", "dim is 16; a multiple of n_heads"},
        Refused{"marian", "encoder_layerdrop", "0.1", "encoder_layerdrop is 0.1"},
        Refused{"marian", "normalize_before", "true", "normalize_before is true"},
        Refused{"marian", "tie_word_embeddings", "false", "share_encoder_decoder_embeddings"},
        Refused{"t5", "feed_forward_proj", "\"gated-relu\"", "is_gated_act is false"},
        Refused{"t5", "dense_act_fn", "\"silu\"", "dense_act_fn is \"silu\""},
        Refused{"t5", "relative_attention_num_buckets", "3", "relative_attention_num_buckets is 3"},
        Refused{"t5", "relative_attention_max_distance", "4",
                "relative_attention_max_distance is 4; more than half"},
        Refused{"t5", "num_layers", "-1", "num_layers is -1"}),
    [](const auto& info) {
      std::string name =
          std::string(info.param.folder) + "_" + info.param.key + "_" + std::to_string(info.index);
      return name;
    });

TEST(PretrainedModels, AreNotMadeOfUnknownActivations) {
  const std::string message =
      message_of<InvalidArgument>([] { small(with(small_t5(), "feed_forward_proj", "gated-relo")); });
  EXPECT_NE(message.find("no activation 'relo'"), std::string::npos) << message;
}

TEST_F(PretrainedFolder, OfTheModelBelowTheHead) {
  copy("gpt2");
  const std::shared_ptr<PretrainedModel> whole = AutoModel::from_pretrained(folder_.path());
  rename(
      [](const std::string& name) { return name.substr(name.find('.') + 1); });  // as the first GPT-2 has it
  const std::shared_ptr<PretrainedModel> model = AutoModel::from_pretrained(folder_.path());
  EXPECT_EQ(model->generate(std::vector<int32_t>{5, 6}), whole->generate(std::vector<int32_t>{5, 6}));
}

TEST_F(PretrainedFolder, CallsNormsGammaAndBeta) {
  copy("bert");
  const Tensor ids = Tensor::from(std::vector<int32_t>{4, 5, 6}, {1, 3});
  const std::vector<float> expected = AutoModel::from_pretrained(folder_.path())
                                          ->run({{"input_ids", ids}})["pooler_output"]
                                          .to_vector<float>();
  rename([](const std::string& name) {
    std::string other = name;
    if (const size_t at = other.find("LayerNorm.weight"); at != std::string::npos)
      other.replace(at + 10, 6, "gamma");
    if (const size_t at = other.find("LayerNorm.bias"); at != std::string::npos)
      other.replace(at + 10, 4, "beta");
    return other;
  });
  EXPECT_EQ(AutoModel::from_pretrained(folder_.path())
                ->run({{"input_ids", ids}})["pooler_output"]
                .to_vector<float>(),
            expected);
}

/// Configurations as earlier versions of the library wrote them.
class OldConfig : public PretrainedFolder {
 protected:
  void rewrite(const std::string& name, const std::vector<std::string>& without, const Json& added) {
    copy(name);
    const Json before = config();
    Json json = Json::object();
    for (const auto& [key, value] : before.as_object()) {
      if (std::find(without.begin(), without.end(), key) == without.end()) json[key] = value;
    }
    for (const auto& [key, value] : added.as_object()) json[key] = value;
    write(folder_ / "config.json", json.dump());
    const Golden golden("transformers/" + name);
    const auto model = AutoModel::from_pretrained(folder_.path());
    std::vector<std::pair<std::string, Tensor>> inputs;
    for (const ModelInput& input : model->takes()) {
      if (golden.contains("in:" + input.name)) inputs.emplace_back(input.name, golden.at("in:" + input.name));
    }
    // The last row of decoders begins with padding, of which nobody asks.
    const Tensor actual = model->run(Tensors(std::move(inputs)))[0],
                 expected = golden.at("out:" + model->gives()[0]);
    expect_close(actual[0].eval(), expected[0].eval(), name, 1e-5);
  }
};

TEST_F(OldConfig, ScalesRotationsByAnotherName) {
  rewrite("llama_linear", {"rope_parameters"},
          Json::object({{"rope_theta", 500.0},
                        {"rope_scaling", Json::object({{"type", "linear"}, {"factor", 3.0}})}}));
}

TEST_F(OldConfig, HasThetaAlone) {
  rewrite("mistral", {"rope_parameters", "architectures"}, Json::object({{"rope_theta", 10000.0}}));
}

TEST_F(OldConfig, NamesWhatThereIsOneOf) {
  rewrite("bert", {},
          Json::object({{"position_embedding_type", "absolute"}, {"gradient_checkpointing", false}}));
}

// The file knows better: its head is another matrix than its table.
TEST_F(OldConfig, SaysOfAHeadThatItIsTied) {
  rewrite("t5_own_head", {"scale_decoder_outputs", "is_gated_act", "dense_act_fn"},
          Json::object({{"tie_word_embeddings", true}}));
}

TEST_F(OldConfig, OfMarianHasNoKeyForSharing) {
  rewrite(
      "marian", {"share_encoder_decoder_embeddings", "tie_word_embeddings", "decoder_vocab_size"},
      Json::object(
          {{"normalize_before", false}, {"static_position_embeddings", true}, {"add_bias_logits", false}}));
}

TEST_F(PretrainedFolder, HoldsATiedHeadTwice) {
  copy("gpt2");
  const std::shared_ptr<PretrainedModel> before = AutoModel::from_pretrained(folder_.path());
  std::vector<NamedTensor> tensors;
  {
    const SafetensorsReader reader(folder_.path());
    for (const std::string& name : reader.names()) tensors.push_back({name, reader.read(name)});
    tensors.push_back({"lm_head.weight", reader.read("transformer.wte.weight")});
    tensors.push_back({"transformer.h.0.attn.bias", Tensor::from(std::vector<float>{1}, {1, 1, 1, 1})});
  }
  write_safetensors(folder_ / "model.safetensors", tensors);
  EXPECT_EQ(AutoModel::from_pretrained(folder_.path())->generate(std::vector<int32_t>{7}),
            before->generate(std::vector<int32_t>{7}));
}

TEST(PretrainedModels, LearnAndComeBack) {
  for (const Json& config : {small_gpt2(), small_llama(), small_marian(), small_t5(), small_bert()}) {
    const std::shared_ptr<PretrainedModel> model = small(config);
    SCOPED_TRACE(model->class_name());
    const Tensor ids = Tensor::from(std::vector<int32_t>{2, 5, 7, 9, 3, 4, 6, 8}, {2, 4});
    const bool classes = model->class_name() == "BertForSequenceClassification";
    const Tensor target = classes ? Tensor::from(std::vector<int32_t>{1, 0}, {2}) : ids;
    const Tensors x = model->is_encoder_decoder() ? Tensors({ids, ids}) : Tensors(ids);
    model->compile({.optimizer = Adam({.learning_rate = 0.02}),
                    .loss = SparseCategoricalCrossentropy({.from_logits = true})});
    const double first = model->train_on_batch(x, target).at("loss");
    double last = first;
    for (int i = 0; i < 60; ++i) last = model->train_on_batch(x, target).at("loss");
    EXPECT_LT(last, 0.7 * first);
    const TemporaryFolder folder;
    model->save_pretrained(folder.path());
    const std::shared_ptr<PretrainedModel> again = AutoModel::from_pretrained(folder.path());
    const Tensors given = model->run(x), same = again->run(x);
    EXPECT_EQ(given[0].to_vector<float>(), same[0].to_vector<float>());
  }
}

}  // namespace
}  // namespace lamina::test
