// train_tokenizer: the pipeline cuts the texts into words, the trainer of the model learns from their counts.
#include <algorithm>

#include "lamina/base/error.h"
#include "lamina/nn/detail/registry-inl.h"
#include "lamina/text/detail/clean_texts.h"
#include "lamina/text/tokenizers/detail/byte_characters.h"
#include "lamina/text/tokenizers/detail/config.h"
#include "lamina/text/tokenizers/detail/state.h"
#include "lamina/text/tokenizers/detail/training.h"

namespace lamina {

template class Registry<detail::tokenizers::ModelTrainer>;

namespace {

namespace tok = detail::tokenizers;

void check(const TokenizerTrainerOptions& options) {
  const auto fail = [](const std::string& what) { throw InvalidArgument("train_tokenizer: " + what); };
  if (options.vocab_size < 1 || options.vocab_size > 10000000)
    fail("vocab_size is " + std::to_string(options.vocab_size));
  if (options.min_frequency < 0 || options.limit_alphabet < 0 || options.max_token_length < 0)
    fail("min_frequency, limit_alphabet and max_token_length are whole numbers from 0");
  if (!(options.shrinking_factor > 0 && options.shrinking_factor < 1))
    fail("shrinking_factor is " + std::to_string(options.shrinking_factor) + "; it lies between 0 and 1");
  if (options.num_iterations < 1 || options.num_iterations > 100)
    fail("num_iterations is " + std::to_string(options.num_iterations) + "; 1 to 100 are possible");
}

// Whether a part, or one in a Sequence, is of that type.
bool has_type(const Json& part, const std::string& type) {
  if (const Json* own = part.find("type"); own != nullptr && *own == Json(type)) return true;
  for (const char* key : {"pretokenizers", "normalizers"}) {
    if (const Json* parts = part.find(key); parts != nullptr && parts->is_list()) {
      for (const Json& one : parts->as_list()) {
        if (has_type(one, type)) return true;
      }
    }
  }
  return false;
}

// Ids of the tokens that a template names, and those of BertProcessing and its like.
void fill_in_ids(Json& processor, const tok::Vocabulary& vocabulary) {
  if (!processor.is_object()) return;
  const auto id_of = [&](const std::string& token) {
    const int32_t id = vocabulary.find(token);
    if (id < 0)
      throw InvalidArgument("train_tokenizer: the post-processor puts '" + token +
                            "' in, which is no special token");
    return id;
  };
  if (processor.find("processors") != nullptr) {
    for (Json& one : processor["processors"].as_list()) fill_in_ids(one, vocabulary);
  }
  for (const char* key : {"sep", "cls"}) {
    if (const Json* token = processor.find(key); token != nullptr && token->is_list() && token->size() == 2) {
      const std::string text = token->at(size_t{0}).as_string();
      processor[key] = Json::list({text, id_of(text)});
    }
  }
  if (!has_type(processor, "TemplateProcessing")) return;
  Json tokens = Json::object();
  for (const char* key : {"single", "pair"}) {
    for (const Json& piece : processor.at(key).as_list()) {
      const Json* special = piece.find("SpecialToken");
      if (special == nullptr) continue;
      const std::string text = special->at("id").as_string();
      tokens[text] =
          Json::object({{"id", text}, {"ids", Json::list({id_of(text)})}, {"tokens", Json::list({text})}});
    }
  }
  processor["special_tokens"] = tokens;
}

template <class Part>
std::shared_ptr<const Part> part_of(const Json& pipeline, const char* key) {
  const Json* json = pipeline.find(key);
  return json == nullptr || json->is_null() ? nullptr : tok::make_part<Part>(*json);
}

detail::WordCounts words_of(const Json& pipeline, const std::vector<std::string>& texts) {
  const auto normalizer = part_of<tok::Normalizer>(pipeline, "normalizer");
  const auto pre_tokenizer = part_of<tok::PreTokenizer>(pipeline, "pre_tokenizer");
  const detail::CleanTexts clean(texts, "train_tokenizer");
  return detail::count_words(texts.size(), false, [&](size_t i, auto&& sink) {
    thread_local tok::Pieces pieces;
    pieces.text.reset(clean[i], 0);
    if (normalizer) normalizer->normalize(pieces.text);
    pieces.list.clear();
    if (!pieces.text.text().empty())
      pieces.list.push_back({0, static_cast<uint32_t>(pieces.text.text().size())});
    if (pre_tokenizer) pre_tokenizer->pre_tokenize(pieces);
    for (const tok::Piece& piece : pieces.list) sink(pieces.of(piece));
  });
}

}  // namespace

PretrainedTokenizer train_tokenizer(const Json& pipeline, const std::vector<std::string>& texts,
                                    const TokenizerTrainerOptions& given) {
  check(given);
  Json content = pipeline;
  TokenizerTrainerOptions options = given;
  const Json* model = pipeline.find("model");
  if (model == nullptr || model->find("type") == nullptr)
    throw InvalidArgument("train_tokenizer: the pipeline has no \"model\" with a \"type\"");
  if (options.special_tokens.empty()) {
    if (const Json* added = pipeline.find("added_tokens"); added != nullptr && added->is_list()) {
      for (const Json& token : added->as_list())
        options.special_tokens.push_back(token.at("content").as_string());
    }
  }
  std::vector<std::string> alphabet;
  for (const char* key : {"normalizer", "pre_tokenizer"}) {
    const Json* part = pipeline.find(key);
    if (part == nullptr || !has_type(*part, "ByteLevel")) continue;
    for (int byte = 0; byte < 256; ++byte)
      alphabet.emplace_back(tok::byte_character_utf8(static_cast<unsigned char>(byte)));
  }
  const detail::WordCounts words = words_of(pipeline, texts);
  if (words.words.empty()) throw InvalidArgument("train_tokenizer: the texts have no words");
  const auto trainer = Registry<tok::ModelTrainer>::make(model->at("type").as_string());
  content["model"] = trainer->train(*model, words, alphabet, options);
  Json added = Json::list();
  const Json vocabulary_json = content.at("model").at("vocab");
  tok::Vocabulary vocabulary;
  if (vocabulary_json.is_object()) {
    vocabulary = tok::Vocabulary::from_json(vocabulary_json);
  } else {
    std::vector<std::pair<std::string, int64_t>> tokens;
    for (const Json& entry : vocabulary_json.as_list())
      tokens.emplace_back(entry.at(size_t{0}).as_string(), static_cast<int64_t>(tokens.size()));
    vocabulary = tok::Vocabulary(tokens);
  }
  for (const std::string& token : options.special_tokens) {
    Json described = Json::object({{"content", token}, {"normalized", false}, {"special", true}});
    if (const Json* known = pipeline.find("added_tokens"); known != nullptr && known->is_list()) {
      for (const Json& one : known->as_list()) {
        if (one.at("content") == Json(token)) described = one;
      }
    }
    described["id"] = vocabulary.find(token);
    added.push_back(described);
  }
  content["version"] = "1.0";
  content["added_tokens"] = added;
  if (content.find("post_processor") != nullptr) fill_in_ids(content["post_processor"], vocabulary);
  Json roles = Json::object();
  if (const Json* told = content.find("special_tokens_map"); told != nullptr) roles = *told;
  auto state = tok::read_state(content, "train_tokenizer");
  for (const auto& [role, token] : roles.as_object())
    state->config.special_tokens.emplace_back(role, token.as_string());
  return PretrainedTokenizer(std::move(state));
}

}  // namespace lamina
