// tokenizer.json: read part by part, and written again.
#include "lamina/text/tokenizers/detail/state.h"

#include "lamina/base/error.h"
#include "lamina/base/log.h"
#include "lamina/text/tokenizers/detail/config.h"

namespace lamina::detail::tokenizers {
namespace {

template <class Part>
void read(const Json& json, const char* key, Described<Part>& to) {
  const Json* part = json.find(key);
  if (part == nullptr || part->is_null()) return;
  to = {make_part<Part>(*part), *part};
}

bool flag(const Json& json, const char* key, bool otherwise) {
  const Json* value = json.find(key);
  if (value == nullptr || value->is_null()) return otherwise;
  return value->as_bool();
}

// Models of old files have no type.
Json model_type(const Json& model) {
  if (const Json* type = model.find("type"); type != nullptr) return *type;
  if (model.contains("merges")) return "BPE";
  if (const Json* vocab = model.find("vocab"); vocab != nullptr && vocab->is_list()) return "Unigram";
  return model.contains("continuing_subword_prefix") ? "WordPiece" : "WordLevel";
}

AddedTokenOptions read_added(const Json& json) {
  AddedTokenOptions token;
  token.content = json.at("content").as_string();
  token.single_word = flag(json, "single_word", false);
  token.lstrip = flag(json, "lstrip", false);
  token.rstrip = flag(json, "rstrip", false);
  token.special = flag(json, "special", false);
  token.normalized = flag(json, "normalized", !token.special);
  return token;
}

int64_t count_of(const Json& json, const char* key, int64_t otherwise) {
  const Json* value = json.find(key);
  if (value == nullptr || value->is_null()) return otherwise;
  const int64_t count = value->as_int();
  if (count < 0 || count > INT32_MAX)
    throw InvalidArgument(std::string(key) + " is " + std::to_string(count));
  return count;
}

Truncation read_truncation(const Json& json) {
  static const std::vector<std::pair<std::string, std::string>> kNames = {
      {"LongestFirst", "longest_first"}, {"OnlyFirst", "only_first"}, {"OnlySecond", "only_second"}};
  Truncation truncation;
  const std::string strategy = json.at("strategy").as_string();
  truncation.strategy.clear();
  for (const auto& [written, name] : kNames) {
    if (written == strategy) truncation.strategy = name;
  }
  if (truncation.strategy.empty()) throw InvalidArgument("unknown truncation strategy '" + strategy + "'");
  truncation.max_length = count_of(json, "max_length", 512);
  truncation.stride = count_of(json, "stride", 0);
  if (const Json* direction = json.find("direction")) truncation.left = direction->as_string() == "Left";
  return truncation;
}

Padding read_padding(const Json& json) {
  Padding padding;
  const Json& strategy = json.at("strategy");
  if (strategy.is_object()) {
    padding.length = count_of(strategy, "Fixed", 0);
  } else if (strategy.as_string() != "BatchLongest") {
    throw InvalidArgument("unknown padding strategy '" + strategy.as_string() + "'");
  }
  padding.left = json.at("direction").as_string() == "Left";
  padding.multiple_of = count_of(json, "pad_to_multiple_of", 0);
  padding.token = {static_cast<int32_t>(count_of(json, "pad_id", 0)), json.at("pad_token").as_string()};
  padding.type_id = static_cast<int32_t>(count_of(json, "pad_type_id", 0));
  return padding;
}

void read_into(const Json& json, TokenizerState& state) {
  const Json* model = json.find("model");
  if (model == nullptr || !model->is_object()) throw InvalidArgument("\"model\" is missing");
  state.model = Registry<Model>::make(model_type(*model).as_string(), *model);
  read(json, "normalizer", state.normalizer);
  read(json, "pre_tokenizer", state.pre_tokenizer);
  read(json, "post_processor", state.post_processor);
  read(json, "decoder", state.decoder);
  if (const Json* truncation = json.find("truncation"); truncation && !truncation->is_null())
    state.truncation = read_truncation(*truncation);
  if (const Json* padding = json.find("padding"); padding && !padding->is_null())
    state.padding = read_padding(*padding);
  const Json* added = json.find("added_tokens");
  if (added == nullptr || added->is_null()) return;
  std::vector<AddedTokenOptions> tokens;
  for (const Json& token : added->as_list()) tokens.push_back(read_added(token));
  state.added.add(tokens, state.model->vocabulary(), state.normalizer.part.get());
  for (const Json& token : added->as_list()) {
    const std::string& content = token.at("content").as_string();
    const Json* id = token.find("id");
    if (content.empty() || id == nullptr) continue;
    if (const int32_t given = state.added.find(content); id->as_int() != given) {
      warn(state.name + ": the added token '" + content.substr(0, 40) + "' should have the id " + id->dump() +
           " and has " + std::to_string(given) + ", as in Hugging Face's tokenizers");
    }
  }
}

// Files say ids of added tokens that whoever reads them gives anew, by the vocabulary and in order. Where the vocabulary
// gives one id to several tokens or leaves ids out, a token could come back as another.
void expect_the_same_ids(const TokenizerState& state) {
  std::vector<AddedTokenOptions> written;
  for (const auto& [id, token] : state.added.all()) written.push_back(token);
  AddedTokens again;
  again.add(written, state.model->vocabulary(), nullptr);
  for (const auto& [id, token] : state.added.all()) {
    if (const int32_t given = again.find(token.content); given != id) {
      throw Unsupported("the added token '" + token.content.substr(0, 40) + "' of '" + state.name + "' has the id " +
                        std::to_string(id) + ", and would come back from tokenizer.json with " +
                        std::to_string(given) + ": ids of the vocabulary are missing or stand for several tokens");
    }
  }
}

}  // namespace

void TokenizerState::finish() {
  fast_model = model;
  fast_pre_tokenizer = pre_tokenizer.part;
  if (pre_tokenizer.part == nullptr) return;
  const auto bytes = pre_tokenizer.part->without_byte_level();
  auto of_bytes = bytes == nullptr ? nullptr : model->of_bytes();
  if (of_bytes == nullptr) return;
  fast_pre_tokenizer = bytes;
  fast_model = std::move(of_bytes);
}

int32_t TokenizerState::find(std::string_view token) const {
  const int32_t id = added.find(token);
  return id >= 0 ? id : model->vocabulary().find(token);
}

std::optional<int32_t> TokenizerState::id_of_role(const char* role) const {
  for (const auto& [name, token] : config.special_tokens) {
    if (name != role) continue;
    const int32_t id = find(token);
    return id >= 0 ? std::optional(id) : std::nullopt;
  }
  return std::nullopt;
}

std::shared_ptr<TokenizerState> read_state(const Json& json, const std::string& name) {
  auto state = std::make_shared<TokenizerState>();
  state->name = name;
  try {
    if (!json.is_object()) throw InvalidArgument("holds no JSON object");
    if (const Json* version = json.find("version"); version && *version != Json("1.0"))
      throw InvalidArgument("version " + version->dump().substr(0, 20) + " is unknown; 1.0 is read");
    read_into(json, *state);
    state->finish();
  } catch (const InvalidArgument& error) {
    throw FileError("'" + name + "' is no tokenizer that can be used: " + error.what());
  }
  return state;
}

Json state_to_json(const TokenizerState& state) {
  if (!state.files.empty()) {
    throw Unsupported("'" + state.name +
                      "' is a SentencePiece model, which tokenizer.json cannot say; "
                      "save_pretrained() writes its own files");
  }
  expect_the_same_ids(state);
  const auto json_of = [](const auto& described) { return described.part ? described.json : Json(); };
  Json::List added;
  for (const auto& [id, token] : state.added.all()) {
    added.push_back(Json::object({{"id", id},
                                  {"content", token.content},
                                  {"single_word", token.single_word},
                                  {"lstrip", token.lstrip},
                                  {"rstrip", token.rstrip},
                                  {"normalized", token.normalized},
                                  {"special", token.special}}));
  }
  Json truncation, padding;
  if (state.truncation) {
    const Truncation& t = *state.truncation;
    const char* strategy = t.strategy == "only_first"    ? "OnlyFirst"
                           : t.strategy == "only_second" ? "OnlySecond"
                                                         : "LongestFirst";
    truncation = Json::object({{"direction", t.left ? "Left" : "Right"},
                               {"max_length", t.max_length},
                               {"strategy", strategy},
                               {"stride", t.stride}});
  }
  if (state.padding) {
    const Padding& p = *state.padding;
    padding = Json::object(
        {{"strategy", p.length >= 0 ? Json::object({{"Fixed", p.length}}) : Json("BatchLongest")},
         {"direction", p.left ? "Left" : "Right"},
         {"pad_to_multiple_of", p.multiple_of > 0 ? Json(p.multiple_of) : Json()},
         {"pad_id", p.token.id},
         {"pad_type_id", p.type_id},
         {"pad_token", p.token.token}});
  }
  return Json::object({{"version", "1.0"},
                       {"truncation", truncation},
                       {"padding", padding},
                       {"added_tokens", Json(std::move(added))},
                       {"normalizer", json_of(state.normalizer)},
                       {"pre_tokenizer", json_of(state.pre_tokenizer)},
                       {"post_processor", json_of(state.post_processor)},
                       {"decoder", json_of(state.decoder)},
                       {"model", state.model->to_json()}});
}

}  // namespace lamina::detail::tokenizers
