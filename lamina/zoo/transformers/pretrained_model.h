// Language models as Hugging Face's folders hold them: config.json, model.safetensors,
// generation_config.json.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lamina/nn/model.h"
#include "lamina/zoo/transformers/generation_config.h"
#include "lamina/zoo/transformers/lora_config.h"

namespace lamina {

namespace detail {
class Decoder;
class Module;
class ModuleScope;
class TokenCache;
struct Writing;
}  // namespace detail

/// A tensor that a model takes: integers (rows, tokens).
struct ModelInput {
  std::string name;       ///< "input_ids"
  int64_t below = 0;      ///< the integers are 0 to below - 1
  bool required = true;   ///< whether it may not be left out
  std::string like = {};  ///< the input that it has the shape of; empty: any number of tokens
  int64_t longest = 0;    ///< tokens at most; 0: any number
  bool usual = true;  ///< whether tokenizers give it, or it must be there: places are counted by the model
};

/// What a model that writes text is asked at one step (PretrainedModel::decode). Rows are texts of their own:
/// each goes on where it stands, whatever the others do.
struct DecodeInputs {
  Tensor ids;        ///< int32 (rows, new tokens)
  Tensor positions;  ///< int32 (rows): where the first of each row's new tokens stands
  /// int32 (rows): how many of the new tokens are the row's. Those behind them are written over later, and
  /// may change nothing that comes. Undefined: all.
  Tensor counts = {};
  /// int32 (rows, 1 or new tokens): how long the text is that each new token is read in. That ends with the
  /// token, but for a prompt, of which the end is known before.
  Tensor lengths = {};
  /// What encode() gave, with a row for each row; empty without an encoder.
  std::vector<Tensor> memory = {};
  bool each = false;  ///< whether it is asked what follows each new token, and not the last one alone
};

/// What PretrainedModel::run gives beside the outputs, numbered by layer from 0 on.
struct RunOptions {
  /// How much each token looks at others, (rows, heads, queries, keys): "attentions.0"; of encoder-decoders
  /// "encoder_attentions.0", "decoder_attentions.0", and what the decoder sees of the source,
  /// "cross_attentions.0".
  bool output_attentions = false;
  /// What goes into each layer and comes out of the last, (rows, tokens, width): "hidden_states.0"; of
  /// encoder-decoders "encoder_hidden_states.0" and "decoder_hidden_states.0".
  bool output_hidden_states = false;
};

/// A language model with the names, shapes and configuration of Hugging Face's library. It is a Model: it is
/// compiled, trained and saved like any other; and it generates text.
///
/// A class derives from LayerOf<Class, PretrainedModel>, makes its parts in the constructor, and registers
/// itself with register_architecture.
class PretrainedModel : public Model {
 public:
  /// What config.json holds.
  const Json& config_json() const;
  /// "t5"
  std::string model_type() const;
  /// Names of the classes that it tells apart, in their order: id2label of config.json, or "LABEL_0",
  /// "LABEL_1", ... Throws InvalidArgument for names that are no list of 0, 1, ...; empty for a model whose
  /// class does not end in Classification.
  std::vector<std::string> class_names() const;
  std::string module() const override { return "transformers"; }
  std::string class_name() const override = 0;

  /// What generate() does unless it is told otherwise: generation_config.json.
  const GenerationConfig& generation_config() const;
  void set_generation_config(const GenerationConfig& config);

  /// The tokens that follow, for each of `prompts`: of encoder-decoders what the decoder writes after its
  /// start token, of others what comes after the prompt; up to and with the token that ends the text. Unequal
  /// lengths are padded, which changes nothing. With num_return_sequences that many in a row for each prompt,
  /// the best first.
  ///
  /// Throws InvalidArgument for an empty prompt, ids that the vocabulary does not have, prompts that with the
  /// new tokens are longer than the model's context, and options that contradict each other.
  /// @param options  stated ones count instead of generation_config()
  std::vector<std::vector<int32_t>> generate(const std::vector<std::vector<int32_t>>& prompts,
                                             const GenerateOptions& options = {}) const;
  /// The same for one.
  std::vector<int32_t> generate(const std::vector<int32_t>& prompt,
                                const GenerateOptions& options = {}) const;
  /// Reads the beginning that many prompts share (what a chat is told first), for GenerateOptions::prefix.
  /// It holds what the model keeps of these tokens, and the weights that it was made with.
  ///
  /// Throws what generate() throws for a prompt, InvalidArgument for a cache that GenerateOptions::cache
  /// does not know, and Unsupported for encoder-decoders, which read a prompt from both ends.
  std::shared_ptr<const PromptPrefix> read_prefix(const std::vector<int32_t>& tokens,
                                                  const std::string& cache = {}) const;

  /// The outputs under the names of Hugging Face's library, gives(), for inputs under its names, takes(), or
  /// in the order of those; where inputs without names are fewer, the last optional ones are left out. What
  /// the options ask for follows. It is compiled once for each size of the inputs.
  ///
  /// Throws InvalidArgument, naming the input, for one that is missing, not known, no integers, of another
  /// shape than it should be, longer than the model's context, or with ids that the model does not have.
  Tensors run(const Tensors& inputs, const RunOptions& options = {}) const;

  /// Writes config.json, model.safetensors and generation_config.json, which Hugging Face's library loads.
  /// Creates the folder. Throws FileError.
  /// @param max_shard_bytes  larger models come in several files with an index
  void save_pretrained(const std::string& folder, uint64_t max_shard_bytes = uint64_t{5} << 30) const;

  /// Keeps the matrices of products in fewer bits from now on, which makes generate() and run() faster and
  /// the model smaller; as Keras's quantize. Which ones: those that the model multiplies by, whatever layer
  /// they are in; of a table that scores tokens, too, rows are looked up. Everything else stays float32.
  ///
  /// @param mode   "int8": integers with a scale for each line (dynamic: what is multiplied by them becomes
  /// int8
  ///               row by row, quantized_matmul says how); "int4": the same with weights of 4 bits;
  ///               "bfloat16": half the bytes, products in float32
  /// @param group  neighbours of a line that share a scale: 32, 64 or a multiple of 128 that divides the
  /// lines;
  ///               0: all of a line. Left out: 0 for int8; 32 for int4 where that divides the line
  ///
  /// The float32 values are gone: the model can be asked and saved (save_pretrained writes what the integers
  /// stand for, as float32), and no longer be trained, evaluated or adapted, nor saved in other ways. Throws
  /// InvalidArgument for another mode or group, a group that does not divide the lines of such a matrix
  /// (naming it), a model that is quantized already, one with an adapter (merge_adapter() comes first), and
  /// one that was compiled or built: save that and load it so.
  void quantize(const std::string& mode, std::optional<int64_t> group = std::nullopt);
  /// The mode that quantize() or loading was given; empty for float32.
  const std::string& quantization() const;

  /// Freezes everything but config.modules_to_save and adds narrow matrices to those that config names (Hu et
  /// al., 2021, arXiv 2106.09685): as PEFT's get_peft_model. Frozen weights have no gradient and no
  /// optimizer's state. Call it before the model is compiled or asked. Throws InvalidArgument where nothing
  /// has such a name (listing those there are), and for a model that has an adapter or is in use already.
  void add_adapter(const LoraConfig& config);
  /// Writes adapter_config.json and adapter_model.safetensors, which PEFT loads. Throws InvalidArgument
  /// without an adapter.
  void save_adapter(const std::string& folder) const;
  /// add_adapter with what such a folder holds.
  void load_adapter(const std::string& folder);
  /// Adds the adapter's products to the matrices, which from then on are all there is: nothing costs anything
  /// more. The model has to be compiled anew, and everything is trained again.
  void merge_adapter();

  /// Of language_loss, while training.
  void set_label_smoothing(double share);
  /// Where compile chose no loss: language_loss of the first output, labels being kIgnoredLabel where they do
  /// not count, and the accuracy beside it. Of models of whole texts the loss is that of their problem_type
  /// (label_losses.h): numbers or several labels are float32 (batch, scores), NaN where they do not count.
  void train_step(TrainStep& step) override;
  void test_step(TrainStep& step) override;

  /// compute() of the inputs, given as for run().
  std::vector<Tensor> forward(const LayerCall& call, CallContext& context) const override;
  /// The inputs that are not given have the shape of the first, and all are integers: files say no more.
  TensorSpecs compute_output_specs(const TensorSpecs& inputs) const override;

  // ---- What an architecture gives

  /// The inputs, the first of which are the tokens of a prompt.
  virtual std::vector<ModelInput> takes() const = 0;
  /// Names of the outputs: "logits".
  virtual std::vector<std::string> gives() const = 0;
  /// The outputs for inputs in the order of takes(), undefined where they are left out.
  virtual std::vector<Tensor> compute(const std::vector<Tensor>& inputs, CallContext& context) const = 0;

  // ---- What it gives for generate()

  virtual bool is_encoder_decoder() const { return false; }
  /// Whether it writes text: whether it has a decoder and scores of tokens.
  bool generates() const;
  /// Tokens that it can look at; 0 for any number.
  virtual int64_t context_length() const { return 0; }
  /// Of what it writes: tokens are 0 to vocab_size() - 1.
  virtual int64_t vocab_size() const;
  /// What decode() keeps of earlier tokens, for so many rows and positions; nothing for models that do not
  /// write text. Tensors (rows, length, heads, width) have a place for each token; those without a length are
  /// states, which each token changes.
  virtual std::vector<TensorType> cache_types(int64_t rows, int64_t length) const;
  /// Tokens up to which a text's length changes nothing of what is kept of its tokens; 0: any number.
  virtual int64_t steady_length() const { return 0; }
  /// What decoding needs of the source: ids int32 (rows, source), mask bool (rows, source), false for
  /// padding. Each tensor has a row for each row.
  virtual std::vector<Tensor> encode(const Tensor& ids, const Tensor& mask, CallContext& context) const;
  /// Logits of what follows: (rows, vocabulary), of the last of each row's new tokens, or (rows, new tokens,
  /// vocabulary). `cache` is what cache_types() says, and takes what the new tokens leave there.
  virtual Tensor decode(const DecodeInputs& inputs, detail::TokenCache& cache, CallContext& context) const;

 protected:
  /// @param config  what config.json holds
  PretrainedModel(const Json& config, const ModelOptions& options);
  /// For constructors: what parts are made with.
  /// @param deviation  of the normal distribution of first values
  detail::ModuleScope scope(double deviation);
  Json own_config() const override;
  void create_weights_for(const TensorSpecs& inputs) override;
  /// Names of tensors that files may have and that say nothing new, or nothing at all (a tied head).
  virtual bool ignores(const std::string& name) const;
  /// Whether the tensor stands above what all models of the family share, which other folders lack.
  virtual bool is_of_head(const std::string& name) const;
  /// Whether folders of the family may lack the tensor, which is then a new one. Those of the head, at least.
  virtual bool may_be_new(const std::string& name) const { return is_of_head(name); }
  /// Names by which files hold that tensor, the usual one first.
  virtual std::vector<std::string> names_in_files(const std::string& name) const;

 private:
  friend class detail::Decoder;
  friend struct detail::Writing;
  friend struct PretrainedFiles;
  std::vector<Tensor> arranged(const Tensors& given) const;
  struct State;
  std::shared_ptr<State> state_;
};

/// How models of one class are made.
struct Architecture {
  std::string
      model_type;    ///< as in config.json: "t5". Where that names no class, the first of its type is taken
  std::string name;  ///< the class: "T5ForConditionalGeneration"
  /// @param tied  whether the scores of tokens come from the table of tokens, and not from a matrix of their
  /// own
  std::shared_ptr<PretrainedModel> (*make)(const Json& config, bool tied, const ModelOptions& options);
  /// Names of that matrix and that table in files, in which it may have several; none for models without one.
  std::string head = {};
  std::vector<std::string> tables = {};
  bool tied = true;  ///< what it is where config.json does not say
};

/// Adds one before main.
bool register_architecture(Architecture architecture);
/// The classes that were added, in alphabetical order.
std::vector<std::string> architecture_names();

/// How a folder is loaded.
struct PretrainedOptions {
  /// "int8", "int4" or "bfloat16": as PretrainedModel::quantize right afterwards, but tensor by tensor, so
  /// that the float32 model is never whole in memory. Empty: float32.
  std::string quantize = {};
  std::optional<int64_t> group = {};  ///< of quantize; without it InvalidArgument is thrown
  std::optional<uint64_t> seed = {};  ///< of the model: an adapter's first values; absent: another each time
};

/// Loads models whatever their architecture.
struct AutoModel {
  /// The model in a folder that Hugging Face's save_pretrained wrote: config.json, model.safetensors or its
  /// shards with their index, and generation_config.json if there is one. 16-bit weights become float32.
  ///
  /// Throws FileError for a missing file or shard, an architecture that Lamina does not have (listing those
  /// it has), and weights that are missing, not known or of other shapes than config.json says.
  /// And InvalidArgument for options that PretrainedModel::quantize refuses.
  static std::shared_ptr<PretrainedModel> from_pretrained(const std::string& folder,
                                                          const PretrainedOptions& options = {});
  /// A new one of that configuration, with first values drawn from options.seed.
  /// @param dtype_policy  what it computes with, as Layer::set_dtype_policy: "mixed_bfloat16"
  static std::shared_ptr<PretrainedModel> from_config(const Json& config, const ModelOptions& options = {},
                                                      const std::string& dtype_policy = "float32");
};

/// The same under the names that say what is expected of the model. They throw FileError for one that is
/// something else.
struct AutoModelForSeq2SeqLM {
  static std::shared_ptr<PretrainedModel> from_pretrained(const std::string& folder,
                                                          const PretrainedOptions& options = {});
};
struct AutoModelForCausalLM {
  static std::shared_ptr<PretrainedModel> from_pretrained(const std::string& folder,
                                                          const PretrainedOptions& options = {});
};

}  // namespace lamina
