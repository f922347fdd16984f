// The decoders that look at tokens one by one or join them: ByteLevel, WordPiece, BPEDecoder, CTC, Fuse,
// Strip, ByteFallback, and Sequence. Replace and Metaspace stand beside the parts whose work they undo.
#include <algorithm>

#include "lamina/base/utf8.h"
#include "lamina/text/tokenizers/detail/byte_characters.h"
#include "lamina/text/tokenizers/detail/byte_tokens.h"
#include "lamina/text/tokenizers/detail/characters.h"
#include "lamina/text/tokenizers/detail/config.h"
#include "lamina/text/tokenizers/detail/decoding.h"
#include "lamina/text/tokenizers/detail/parts.h"

namespace lamina::detail::tokenizers {

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  if (from.empty()) return;
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

void clean_up(std::string& text) {
  static constexpr std::pair<std::string_view, std::string_view> kPairs[] = {
      {" .", "."},   {" ?", "?"},           {" !", "!"},   {" ,", ","},     {" ' ", "'"},   {" n't", "n't"},
      {" 'm", "'m"}, {" do not", " don't"}, {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}};
  for (const auto& [from, to] : kPairs) replace_all(text, from, to);
}

namespace {

class ByteLevel : public Decoder {
 public:
  explicit ByteLevel(const Json& config) {
    ConfigReader reader = read_part(config, "ByteLevel");
    for (const char* key : {"add_prefix_space", "trim_offsets", "use_regex"}) reader.boolean(key, true);
    reader.done();
  }
  void decode(std::vector<std::string>& tokens) const override {
    std::string bytes;
    for (const std::string& token : tokens) {
      std::string part;
      bytes += to_bytes(token, part) ? part : token;
    }
    tokens = {lossy_utf8(bytes)};
  }
};

class WordPiece : public Decoder {
 public:
  explicit WordPiece(const Json& config) {
    ConfigReader reader = read_part(config, "WordPiece");
    prefix_ = reader.string("prefix", "##");
    cleanup_ = reader.boolean("cleanup", true);
    reader.done();
  }
  void decode(std::vector<std::string>& tokens) const override {
    for (size_t i = 0; i < tokens.size(); ++i) {
      std::string& token = tokens[i];
      if (i > 0) {
        if (token.starts_with(prefix_)) {
          token.erase(0, prefix_.size());
        } else {
          token.insert(0, " ");
        }
      }
      if (cleanup_) clean_up(token);
    }
  }

 private:
  std::string prefix_;
  bool cleanup_;
};

class BpeDecoder : public Decoder {
 public:
  explicit BpeDecoder(const Json& config) {
    ConfigReader reader = read_part(config, "BPEDecoder");
    suffix_ = reader.string("suffix", "</w>");
    reader.done();
  }
  void decode(std::vector<std::string>& tokens) const override {
    for (size_t i = 0; i < tokens.size(); ++i)
      replace_all(tokens[i], suffix_, i + 1 == tokens.size() ? "" : " ");
  }

 private:
  std::string suffix_;
};

class Ctc : public Decoder {
 public:
  explicit Ctc(const Json& config) {
    ConfigReader reader = read_part(config, "CTC");
    pad_token_ = reader.string("pad_token", "<pad>");
    word_delimiter_token_ = reader.string("word_delimiter_token", "|");
    cleanup_ = reader.boolean("cleanup", true);
    reader.done();
  }
  void decode(std::vector<std::string>& tokens) const override {
    tokens.erase(std::unique(tokens.begin(), tokens.end()), tokens.end());
    for (std::string& token : tokens) {
      replace_all(token, pad_token_, "");
      if (!cleanup_) continue;
      clean_up(token);
      replace_all(token, word_delimiter_token_, " ");
    }
    std::erase(tokens, "");
  }

 private:
  std::string pad_token_, word_delimiter_token_;
  bool cleanup_;
};

class Fuse : public Decoder {
 public:
  explicit Fuse(const Json& config) { read_part(config, "Fuse").done(); }
  void decode(std::vector<std::string>& tokens) const override {
    std::string all;
    for (const std::string& token : tokens) all += token;
    tokens = {std::move(all)};
  }
};

class Strip : public Decoder {
 public:
  explicit Strip(const Json& config) {
    ConfigReader reader = read_part(config, "Strip");
    append_utf8(content_, character_of(reader, "content"));
    start_ = reader.integer("start", 0);
    stop_ = reader.integer("stop", 0);
    reader.done();
  }
  void decode(std::vector<std::string>& tokens) const override {
    for (std::string& token : tokens) {
      size_t begin = 0, end = token.size();
      for (int64_t i = 0; i < start_ && std::string_view(token).substr(begin).starts_with(content_); ++i)
        begin += content_.size();
      for (int64_t i = 0;
           i < stop_ && end > begin && std::string_view(token).substr(0, end).ends_with(content_); ++i)
        end -= content_.size();
      token = token.substr(begin, end - begin);
    }
  }

 private:
  std::string content_;
  int64_t start_, stop_;
};

class ByteFallback : public Decoder {
 public:
  explicit ByteFallback(const Json& config) { read_part(config, "ByteFallback").done(); }
  void decode(std::vector<std::string>& tokens) const override {
    std::vector<std::string> result;
    std::string bytes;
    const auto flush = [&] {
      if (bytes.empty()) return;
      if (is_utf8(bytes)) {
        result.push_back(bytes);
      } else {
        result.insert(result.end(), bytes.size(), "\xEF\xBF\xBD");
      }
      bytes.clear();
    };
    for (std::string& token : tokens) {
      if (const int byte = byte_of_token(token); byte >= 0) {
        bytes += static_cast<char>(byte);
      } else {
        flush();
        result.push_back(std::move(token));
      }
    }
    flush();
    tokens = std::move(result);
  }
};

class Sequence : public Decoder {
 public:
  explicit Sequence(const Json& config) {
    ConfigReader reader = read_part(config, "Sequence");
    for (const Json& part : parts_of(reader, "decoders")) parts_.push_back(make_part<Decoder>(part));
    reader.done();
  }
  void decode(std::vector<std::string>& tokens) const override {
    for (const auto& part : parts_) part->decode(tokens);
  }

 private:
  std::vector<std::shared_ptr<Decoder>> parts_;
};

template <class Part>
bool add(const char* name) {
  return Registry<Decoder>::add(
      name, [](const Json& config) -> std::shared_ptr<Decoder> { return std::make_shared<Part>(config); });
}

const bool kDecodersKnown[] = {add<ByteLevel>("ByteLevel"),
                       add<WordPiece>("WordPiece"),
                       add<BpeDecoder>("BPEDecoder"),
                       add<Ctc>("CTC"),
                       add<Fuse>("Fuse"),
                       add<Strip>("Strip"),
                       add<ByteFallback>("ByteFallback"),
                       add<Sequence>("Sequence")};

}  // namespace
}  // namespace lamina::detail::tokenizers
