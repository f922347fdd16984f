// Any bytes as a tokenizer.json or as a SentencePiece model, and as a text for it: tokens, or an error of
// ours. Tokens lie in the text, and what is saved is read again.
#include <cstdlib>
#include <string>

#include "lamina/base/error.h"
#include "lamina/base/log.h"
#include "lamina/base/utf8.h"
#include "lamina/text/tokenizers/detail/sentencepiece.h"
#include "lamina/text/tokenizers/detail/state.h"
#include "lamina/text/tokenizers/pretrained_tokenizer.h"

using namespace lamina;
namespace tok = lamina::detail::tokenizers;

// That bytes are no UTF-8 need not be told.
static const bool kQuiet = [] {
  set_log_sink([](LogLevel, const std::string&) {});
  return true;
}();

static void use(const PretrainedTokenizer& tokenizer, const std::string& text) {
  EncodeOptions options;
  options.byte_offsets = true;
  const Encoding encoding = tokenizer.encode(text, options);
  const auto size = static_cast<int32_t>(valid_utf8(text).size());
  for (const auto& [begin, end] : encoding.offsets) {
    if (begin < 0 || begin > end || end > size) std::abort();
  }
  tokenizer.encode("a b", text);
  StreamingDecoder stream(tokenizer);
  std::string streamed;
  for (const int32_t id : encoding.ids) streamed += stream.put(id);
  streamed += stream.finish();
  if (!is_utf8(streamed) || !is_utf8(tokenizer.decode(encoding.ids))) std::abort();
}

static void as_json(const std::string& bytes) {
  const PretrainedTokenizer tokenizer = PretrainedTokenizer::from_json(Json::parse(bytes, "input"), "input");
  const Json json = tokenizer.to_json();
  if (PretrainedTokenizer::from_json(json, "again").to_json() != json) std::abort();
  use(tokenizer, "Hello  wörld, it's 2024 中文 <s>\xF0\x9F\x98\x80");
  use(tokenizer, bytes.substr(bytes.size() / 2));
}

static void as_sentencepiece(const std::string& bytes) {
  const tok::SentencePieceFile file = tok::read_sentencepiece(bytes, "input");
  auto state = std::make_shared<tok::TokenizerState>();
  state->name = "input";
  state->normalizer.part = tok::sentencepiece_normalizer(file);
  state->model = tok::sentencepiece_model(file);
  state->decoder.part = tok::sentencepiece_decoder(file);
  state->files.emplace_back("input", bytes);
  state->finish();
  const PretrainedTokenizer tokenizer(state);
  use(tokenizer, " Hello  wörld 中文 \xE2\x96\x81");
  use(tokenizer, bytes.substr(0, 100));
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  try {
    if (data[0] & 1) {
      as_sentencepiece(bytes);
    } else {
      as_json(bytes);
    }
  } catch (const Error&) {
  }
  return 0;
}
