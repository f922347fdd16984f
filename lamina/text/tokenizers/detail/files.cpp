// Which files a folder has decides how it is read; a single file is told by its name and its first byte.
#include "lamina/text/tokenizers/detail/files.h"

#include <filesystem>

#include "lamina/base/error.h"
#include "lamina/base/files.h"

namespace lamina::detail::tokenizers {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> lines_of(const std::string& path) {
  const std::string text = read_file(path, uint64_t{256} << 20);
  std::vector<std::string> lines;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

}  // namespace

Vocabulary read_vocab_txt(const std::string& path) {
  std::vector<std::pair<std::string, int64_t>> tokens;
  for (std::string& line : lines_of(path)) {
    while (!line.empty() && static_cast<unsigned char>(line.back()) <= ' ') line.pop_back();
    const auto id = static_cast<int64_t>(tokens.size());
    tokens.emplace_back(std::move(line), id);
  }
  return Vocabulary(tokens);
}

Json bpe_of_files(const std::string& vocab, const std::string& merges) {
  Json::List list;
  for (std::string& line : lines_of(merges)) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.starts_with("#version") || line.empty()) continue;
    list.push_back(std::move(line));
  }
  return Json::object({{"type", "BPE"}, {"vocab", read_json(vocab)}, {"merges", Json(std::move(list))}});
}

std::shared_ptr<TokenizerState> read_file_of_tokenizer(const std::string& path) {
  if (path.ends_with(".model") || path.ends_with(".spm")) return sentencepiece_state(path);
  if (path.ends_with(".txt")) return word_piece_state(path, TokenizerConfig());
  const Json json = read_json(path);
  // A vocabulary may have the word "model", whose value is a number.
  if (const Json* model = json.find("model"); model != nullptr && model->is_object())
    return read_state(json, path);
  const std::string merges = (fs::path(path).parent_path() / "merges.txt").string();
  if (fs::exists(merges)) return byte_bpe_state(path, merges, TokenizerConfig());
  throw FileError("'" + path +
                  "' is no tokenizer.json (it has no \"model\"), and there is no merges.txt beside it");
}

std::shared_ptr<TokenizerState> read_folder_of_tokenizer(const std::string& folder) {
  const auto file = [&](const char* name) { return (fs::path(folder) / name).string(); };
  const auto has = [&](const char* name) { return fs::exists(file(name)); };
  TokenizerConfig config = read_config(folder);
  if (has("tokenizer.json")) {
    auto state = read_state(read_json(file("tokenizer.json")), file("tokenizer.json"));
    state->config = std::move(config);
    state->truncation.reset();  // Transformers sets both anew for each call
    state->padding.reset();
    add_configured_tokens(*state);
    return state;
  }
  if (has("source.spm") && has("target.spm") && has("vocab.json"))
    return marian_state(folder, std::move(config));
  for (const char* name : {"spiece.model", "tokenizer.model", "sentencepiece.bpe.model"}) {
    if (has(name)) return sentencepiece_folder_state(file(name), std::move(config));
  }
  if (has("vocab.json") && has("merges.txt"))
    return byte_bpe_state(file("vocab.json"), file("merges.txt"), std::move(config));
  if (has("vocab.txt")) return word_piece_state(file("vocab.txt"), std::move(config));
  throw FileError(
      "'" + folder +
      "' holds no tokenizer: tokenizer.json, spiece.model, tokenizer.model, "
      "sentencepiece.bpe.model, source.spm with target.spm and vocab.json, vocab.json with merges.txt, or "
      "vocab.txt was looked for");
}

}  // namespace lamina::detail::tokenizers
