// Metaspace: blanks as a visible character, one before the first word, words apart; and the way back.
#include "lamina/base/utf8.h"
#include "lamina/text/tokenizers/detail/characters.h"
#include "lamina/text/tokenizers/detail/config.h"
#include "lamina/text/tokenizers/detail/parts.h"

namespace lamina::detail::tokenizers {
namespace {

enum class Scheme { kFirst, kNever, kAlways };

struct Options {
  std::string replacement;
  Scheme scheme;
  bool split;
};

Options read(const Json& config) {
  ConfigReader reader = read_part(config, "Metaspace");
  Options options;
  append_utf8(options.replacement, character_of(reader, "replacement"));
  const std::string scheme = reader.string("prepend_scheme", "always");
  if (scheme != "first" && scheme != "never" && scheme != "always")
    reader.fail("prepend_scheme",
                "\"first\", \"never\" or \"always\" was expected, and '" + scheme + "' came");
  options.scheme = scheme == "first" ? Scheme::kFirst : scheme == "never" ? Scheme::kNever : Scheme::kAlways;
  if (!reader.boolean("add_prefix_space", true)) {  // of older files
    if (config.contains("prepend_scheme") && options.scheme != Scheme::kNever)
      reader.fail("add_prefix_space", "contradicts prepend_scheme '" + scheme + "'");
    options.scheme = Scheme::kNever;
  }
  options.split = reader.boolean("split", true);
  reader.known("str_rep");
  reader.done();
  return options;
}

class Metaspace : public PreTokenizer {
 public:
  explicit Metaspace(const Json& config) : options_(read(config)) {}

  void pre_tokenize(Pieces& pieces) const override {
    const std::string& mark = options_.replacement;
    pieces.rewrite([&](const Piece& piece, Rewriter& writer) {
      const std::string_view old = writer.old();
      const Span first = writer.origin_of(piece.begin);
      const bool has = old[piece.begin] == ' ' || old.substr(piece.begin).starts_with(mark);
      const bool wants =
          options_.scheme == Scheme::kAlways || (options_.scheme == Scheme::kFirst && first.begin == 0);
      if (wants && !has) writer.put(mark, first);
      size_t from = piece.begin;
      for (size_t at = piece.begin; at < piece.end; ++at) {
        if (old[at] != ' ') continue;
        writer.keep(from, at);
        writer.put(mark, writer.origin_of(at));
        from = at + 1;
      }
      writer.keep(from, piece.end);
    });
    if (!options_.split) return;
    pieces.split([&](std::string_view text, auto&& emit) {
      size_t from = 0;
      for (size_t at = text.find(mark, 1); at != std::string_view::npos;
           at = text.find(mark, at + mark.size())) {
        emit(from, at);
        from = at;
      }
      emit(from, text.size());
    });
  }

 private:
  Options options_;
};

class MetaspaceDecoder : public Decoder {
 public:
  explicit MetaspaceDecoder(const Json& config) : options_(read(config)) {}
  void decode(std::vector<std::string>& tokens) const override {
    const std::string& mark = options_.replacement;
    for (size_t i = 0; i < tokens.size(); ++i) {
      std::string result;
      const std::string& token = tokens[i];
      size_t from = 0;
      for (size_t at = token.find(mark); at != std::string::npos; at = token.find(mark, from)) {
        result.append(token, from, at - from);
        if (i > 0 || options_.scheme == Scheme::kNever) result += ' ';
        from = at + mark.size();
      }
      tokens[i] = result.append(token, from);
    }
  }

 private:
  Options options_;
};

const bool kMetaspaceKnown[] = {
    Registry<PreTokenizer>::add("Metaspace",
                                [](const Json& config) -> std::shared_ptr<PreTokenizer> {
                                  return std::make_shared<Metaspace>(config);
                                }),
    Registry<Decoder>::add("Metaspace", [](const Json& config) -> std::shared_ptr<Decoder> {
      return std::make_shared<MetaspaceDecoder>(config);
    })};

}  // namespace
}  // namespace lamina::detail::tokenizers
