// SentencePiece models by themselves, in folders of T5, ALBERT, LLaMA and XLM-RoBERTa, and Marian's pairs of
// them.
#include <filesystem>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/text/tokenizers/detail/config.h"
#include "lamina/text/tokenizers/detail/files.h"
#include "lamina/text/tokenizers/detail/sentencepiece.h"

namespace lamina::detail::tokenizers {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMostBytes = uint64_t{256} << 20;

// What a class of tokenizers puts around texts: roles of tokens, "$" for a text.
struct Around {
  const char* name;
  std::vector<const char*> single, pair;
  std::vector<std::pair<const char*, const char*>> roles;
  bool fairseq = false;  // numbers are fairseq's, and all tokens of one type
};

const std::vector<Around>& known_classes() {
  static const std::vector<Around> all = {
      {"T5Tokenizer",
       {"$", "eos_token"},
       {"$", "eos_token", "$", "eos_token"},
       {{"eos_token", "</s>"}, {"unk_token", "<unk>"}, {"pad_token", "<pad>"}}},
      {"LlamaTokenizer",
       {"bos_token", "$"},
       {"bos_token", "$", "bos_token", "$"},
       {{"bos_token", "<s>"}, {"eos_token", "</s>"}, {"unk_token", "<unk>"}}},
      {"AlbertTokenizer",
       {"cls_token", "$", "sep_token"},
       {"cls_token", "$", "sep_token", "$", "sep_token"},
       {{"bos_token", "[CLS]"},
        {"eos_token", "[SEP]"},
        {"unk_token", "<unk>"},
        {"sep_token", "[SEP]"},
        {"pad_token", "<pad>"},
        {"cls_token", "[CLS]"},
        {"mask_token", "[MASK]"}}},
      {"XLMRobertaTokenizer",
       {"cls_token", "$", "sep_token"},
       {"cls_token", "$", "sep_token", "sep_token", "$", "sep_token"},
       {{"bos_token", "<s>"},
        {"eos_token", "</s>"},
        {"unk_token", "<unk>"},
        {"sep_token", "</s>"},
        {"pad_token", "<pad>"},
        {"cls_token", "<s>"},
        {"mask_token", "<mask>"}},
       true},
      {"MarianTokenizer",
       {"$", "eos_token"},
       {"$", "$", "eos_token"},
       {{"eos_token", "</s>"}, {"unk_token", "<unk>"}, {"pad_token", "<pad>"}}},
  };
  return all;
}

const Around& class_of(const TokenizerConfig& config, const std::string& path, bool t5) {
  const Json* json = config.json.find("tokenizer_class");
  std::string name = json != nullptr && json->is_string() ? json->as_string() : t5 ? "T5Tokenizer" : "";
  if (name.ends_with("Fast")) name.resize(name.size() - 4);
  if (name == "MT5Tokenizer") name = "T5Tokenizer";
  std::vector<std::string> known;
  for (const Around& one : known_classes()) {
    if (one.name == name) return one;
    known.emplace_back(one.name);
  }
  throw Unsupported(
      "'" + path + "' is of a tokenizer_class '" + name +
      "', of which it is not known what it puts around "
      "texts; name the model's file itself for its bare ids, or save a tokenizer.json in Python" +
      suggest(name, known));
}

void set_roles(TokenizerConfig& config, const Around& around) {
  for (const auto& [role, token] : around.roles) {
    bool there = false;
    for (const auto& [name, value] : config.special_tokens) there = there || name == role;
    if (!there) config.special_tokens.emplace_back(role, token);
  }
}

// The pieces behind the first three, which are <unk>, <s> and </s>, moved up by one: fairseq begins with <s>,
// <pad>, </s> and <unk>, and <mask> is the last.
Vocabulary fairseq_vocabulary(const SentencePieceFile& file, const std::string& path) {
  constexpr size_t kOwn = 3;
  const auto is = [&](size_t number, const char* text) {
    return number < file.pieces.size() && file.pieces[number].text == text;
  };
  if (!is(0, "<unk>") || !is(1, "<s>") || !is(2, "</s>"))
    throw FileError("'" + path +
                    "' does not begin with the pieces <unk>, <s> and </s>, as those of XLM-RoBERTa do");
  std::vector<std::pair<std::string, int64_t>> tokens{{"<s>", 0}, {"<pad>", 1}, {"</s>", 2}, {"<unk>", 3}};
  for (size_t i = kOwn; i < file.pieces.size(); ++i)
    tokens.emplace_back(file.pieces[i].text, static_cast<int64_t>(i) + 1);
  tokens.emplace_back("<mask>", static_cast<int64_t>(file.pieces.size()) + 1);
  return Vocabulary(tokens);
}

// The post-processor of a class, as TemplateProcessing.
void set_post_processor(TokenizerState& state, const Around& around) {
  Json tokens = Json::object();
  const auto pieces = [&](const std::vector<const char*>& from) {
    Json list = Json::list();
    int64_t text = 0;
    for (const std::string role : from) {
      const int64_t type = text == 0 || around.fairseq ? 0 : text - 1;
      if (role == "$") {
        list.push_back(Json::object({{"Sequence", Json::object({{"id", text == 0 ? "A" : "B"},
                                                                {"type_id", around.fairseq ? 0 : text}})}}));
        ++text;
        continue;
      }
      std::string token;
      for (const auto& [name, value] : state.config.special_tokens) {
        if (name == role) token = value;
      }
      const int32_t id = state.find(token);
      if (id < 0) throw FileError("'" + state.name + "' lacks the token '" + token + "', its " + role);
      tokens[token] =
          Json::object({{"id", token}, {"ids", Json::list({id})}, {"tokens", Json::list({token})}});
      list.push_back(Json::object({{"SpecialToken", Json::object({{"id", token}, {"type_id", type}})}}));
    }
    return list;
  };
  const Json single = pieces(around.single), pair = pieces(around.pair);
  state.post_processor.json = Json::object(
      {{"type", "TemplateProcessing"}, {"single", single}, {"pair", pair}, {"special_tokens", tokens}});
  state.post_processor.part = make_part<PostProcessor>(state.post_processor.json);
}

std::shared_ptr<TokenizerState> bare(const std::string& path, SentencePieceFile& file) {
  std::string bytes = read_file(path, kMostBytes);
  file = read_sentencepiece(bytes, path);
  auto state = std::make_shared<TokenizerState>();
  state->name = path;
  try {
    state->normalizer.part = sentencepiece_normalizer(file);
    state->model = sentencepiece_model(file);
    state->decoder.part = sentencepiece_decoder(file);
  } catch (const InvalidArgument& error) {
    throw FileError("'" + path + "' is no SentencePiece model that can be used: " + error.what());
  }
  state->files.emplace_back(fs::path(path).filename().string(), std::move(bytes));
  return state;
}

void add_specials(TokenizerState& state, const std::vector<std::string>& contents) {
  std::vector<AddedTokenOptions> tokens;
  for (const std::string& content : contents) {
    AddedTokenOptions token;
    token.content = content;
    token.lstrip = content == "[MASK]" || content == "<mask>";
    token.normalized = false;
    token.special = true;
    tokens.push_back(std::move(token));
  }
  state.added.add(tokens, state.model->vocabulary(), nullptr);
}

}  // namespace

std::shared_ptr<TokenizerState> sentencepiece_state(const std::string& path) {
  SentencePieceFile file;
  auto state = bare(path, file);
  const auto role = [&](const char* name, int64_t id) {
    if (id >= 0 && id < static_cast<int64_t>(file.pieces.size()))
      state->config.special_tokens.emplace_back(name, file.pieces[static_cast<size_t>(id)].text);
  };
  role("bos_token", file.bos_id);
  role("eos_token", file.eos_id);
  role("unk_token", file.unk_id);
  role("pad_token", file.pad_id);
  state->finish();
  return state;
}

std::shared_ptr<TokenizerState> sentencepiece_folder_state(const std::string& path, TokenizerConfig config) {
  SentencePieceFile file;
  auto state = bare(path, file);
  const Around& around = class_of(config, path, fs::path(path).filename() == "spiece.model");
  set_roles(config, around);
  state->config = std::move(config);
  std::vector<std::string> specials;
  if (around.fairseq) {
    state->model = with_vocabulary(state->model, fairseq_vocabulary(file, path), "<unk>");
    specials = {"<s>", "<pad>", "</s>", "<unk>", "<mask>"};
  } else {
    for (const SentencePieceFile::Piece& piece : file.pieces) {
      if (piece.type == PieceType::kControl || piece.type == PieceType::kUnknown)
        specials.push_back(piece.text);
    }
  }
  if (std::string(around.name) == "T5Tokenizer") {
    const Json* count = state->config.json.find("extra_ids");
    const int64_t extra = count != nullptr && count->is_int() ? count->as_int() : 100;
    if (extra < 0 || extra > 10000) throw FileError("'" + path + "': extra_ids is " + std::to_string(extra));
    for (int64_t i = extra - 1; i >= 0; --i) specials.push_back("<extra_id_" + std::to_string(i) + ">");
  }
  add_specials(*state, specials);
  add_configured_tokens(*state);
  set_post_processor(*state, around);
  state->finish();
  return state;
}

std::shared_ptr<TokenizerState> marian_state(const std::string& folder, TokenizerConfig config) {
  const auto file = [&](const char* name) { return (fs::path(folder) / name).string(); };
  const Around& around = known_classes().back();
  set_roles(config, around);
  const auto side = [&](const char* name, const std::string& vocab) {
    SentencePieceFile model;
    auto state = bare(file(name), model);
    state->config = config;
    std::string unk;
    for (const auto& [role, token] : config.special_tokens) {
      if (role == "unk_token") unk = token;
    }
    try {
      state->model = with_vocabulary(state->model, Vocabulary::from_json(read_json(vocab)), unk);
    } catch (const InvalidArgument& error) {
      throw FileError("'" + vocab + "': " + error.what());
    }
    std::vector<std::string> specials;
    const Vocabulary& vocabulary = state->model->vocabulary();
    for (const auto& [role, token] : config.special_tokens) {
      if (vocabulary.find(token) >= 0) specials.push_back(token);
    }
    for (int32_t id = 0; id < vocabulary.end(); ++id) {  // languages to translate into
      const std::string_view token = vocabulary.has(id) ? vocabulary.token(id) : "";
      if (token.size() > 4 && token.starts_with(">>") && token.ends_with("<<")) specials.emplace_back(token);
    }
    add_specials(*state, specials);
    add_configured_tokens(*state);
    set_post_processor(*state, around);
    state->finish();
    return state;
  };
  auto state = side("source.spm", file("vocab.json"));
  const std::string target_vocab = file("target_vocab.json");
  const bool separate = fs::exists(target_vocab);
  state->target = side("target.spm", separate ? target_vocab : file("vocab.json"));
  for (const char* name : {"target.spm", "vocab.json", "target_vocab.json"}) {
    if (fs::exists(file(name))) state->files.emplace_back(name, read_file(file(name), kMostBytes));
  }
  return state;
}

}  // namespace lamina::detail::tokenizers
