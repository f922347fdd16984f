// One list of keys serves reading and writing.
#include "lamina/zoo/transformers/generation_config.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "lamina/base/error.h"

namespace lamina {
namespace {

/// visit(key, member) for every key that has a member.
void each_member(auto& c, auto&& visit) {
  visit("max_length", c.max_length);
  visit("max_new_tokens", c.max_new_tokens);
  visit("min_length", c.min_length);
  visit("min_new_tokens", c.min_new_tokens);
  visit("do_sample", c.do_sample);
  visit("num_beams", c.num_beams);
  visit("num_return_sequences", c.num_return_sequences);
  visit("length_penalty", c.length_penalty);
  visit("early_stopping", c.early_stopping);
  visit("temperature", c.temperature);
  visit("top_k", c.top_k);
  visit("top_p", c.top_p);
  visit("min_p", c.min_p);
  visit("repetition_penalty", c.repetition_penalty);
  visit("no_repeat_ngram_size", c.no_repeat_ngram_size);
  visit("suppress_tokens", c.suppress_tokens);
  visit("begin_suppress_tokens", c.begin_suppress_tokens);
  visit("bad_words_ids", c.bad_words_ids);
  visit("forced_bos_token_id", c.forced_bos_token_id);
  visit("forced_eos_token_id", c.forced_eos_token_id);
  visit("eos_token_id", c.eos_token_id);
  visit("pad_token_id", c.pad_token_id);
  visit("bos_token_id", c.bos_token_id);
  visit("decoder_start_token_id", c.decoder_start_token_id);
}

/// Keys of the library that would change the text, with the value that changes nothing.
const std::vector<std::pair<std::string, Json>>& unsupported() {
  static const std::vector<std::pair<std::string, Json>> all = {{"num_beam_groups", 1},
                                                                {"diversity_penalty", 0.0},
                                                                {"penalty_alpha", nullptr},
                                                                {"typical_p", 1.0},
                                                                {"epsilon_cutoff", 0.0},
                                                                {"eta_cutoff", 0.0},
                                                                {"top_h", nullptr},
                                                                {"encoder_repetition_penalty", 1.0},
                                                                {"encoder_no_repeat_ngram_size", 0},
                                                                {"guidance_scale", nullptr},
                                                                {"sequence_bias", nullptr},
                                                                {"exponential_decay_length_penalty", nullptr},
                                                                {"force_words_ids", nullptr},
                                                                {"constraints", nullptr},
                                                                {"dola_layers", nullptr},
                                                                {"watermarking_config", nullptr},
                                                                {"renormalize_logits", false},
                                                                {"forced_decoder_ids", nullptr},
                                                                {"stop_strings", nullptr}};
  return all;
}

bool same(const Json& a, const Json& b) {
  return a == b || (a.is_number() && b.is_number() && a.as_double() == b.as_double());
}

void read(const Json& json, bool& member) { member = json.as_bool(); }
void read(const Json& json, int64_t& member) { member = json.as_int(); }
void read(const Json& json, int32_t& member) {
  if (json.as_int() < 0 || json.as_int() > std::numeric_limits<int32_t>::max())
    throw InvalidArgument("token " + json.dump() + " cannot be");
  member = static_cast<int32_t>(json.as_int());
}
void read(const Json& json, double& member) { member = json.as_double(); }
void read(const Json& json, Json& member) { member = json; }
void read(const Json& json, std::vector<int32_t>& member) {
  member.clear();
  if (json.is_int()) return read(json, member.emplace_back());  // one end token is written so
  for (const Json& id : json.as_list()) read(id, member.emplace_back());
}
void read(const Json& json, std::vector<std::vector<int32_t>>& member) {
  member.clear();
  for (const Json& ids : json.as_list()) read(ids, member.emplace_back());
}
template <class T>
void read(const Json& json, std::optional<T>& member) {
  read(json, member.emplace());
}

Json written(bool member) { return member; }
Json written(int32_t member) { return member; }
Json written(int64_t member) { return member; }
Json written(double member) { return member; }
Json written(const Json& member) { return member; }
Json written(const std::vector<int32_t>& member) {
  Json list = Json::list();
  for (const int64_t id : member) list.push_back(id);
  return list;
}
Json written(const std::vector<std::vector<int32_t>>& member) {
  Json list = Json::list();
  for (const auto& ids : member) list.push_back(written(ids));
  return list;
}
template <class T>
Json written(const std::optional<T>& member) {
  return member ? written(*member) : Json();
}

[[noreturn]] void wrong(const std::string& name, const Json& value, const std::string& expected) {
  throw InvalidArgument("generate: " + name + " is " + value.dump() + "; " + expected + " was expected");
}

void check_least(const char* name, const std::optional<int64_t>& value, int64_t least) {
  if (value && *value < least) wrong(name, *value, "a number from " + std::to_string(least) + " on");
}

void check_ids(const char* name, const std::vector<int32_t>& ids, int64_t vocab_size) {
  for (const int64_t id : ids) {
    if (id < 0 || id >= vocab_size) wrong(name, id, "a token from 0 to " + std::to_string(vocab_size - 1));
  }
}

void check_id(const char* name, const std::optional<int32_t>& id, int64_t vocab_size) {
  if (id) check_ids(name, {*id}, vocab_size);
}

}  // namespace

GenerationConfig GenerationConfig::from_json(const Json& json, const std::string& source) {
  GenerationConfig config;
  try {
    each_member(config, [&](const char* key, auto& member) {
      const Json* const found = json.find(key);
      if (!found || found->is_null()) return;
      try {
        read(*found, member);
      } catch (const InvalidArgument& error) {
        throw InvalidArgument("\"" + std::string(key) + "\": " + error.what());
      }
    });
    for (const auto& [key, nothing] : unsupported()) {
      const Json* const found = json.find(key);
      if (found && !found->is_null() && !same(*found, nothing))
        throw InvalidArgument("\"" + key + "\" is " + found->dump().substr(0, 100) +
                              ", which Lamina does not know; remove it to generate without");
    }
  } catch (const InvalidArgument& error) {
    throw FileError("'" + source + "': " + error.what());
  }
  return config;
}

Json GenerationConfig::to_json() const {
  Json json = Json::object();
  GenerationConfig standard;
  std::vector<Json> defaults;
  each_member(standard, [&](const char*, auto& member) { defaults.push_back(written(member)); });
  size_t i = 0;
  each_member(*this, [&](const char* key, auto& member) {
    Json value = written(member);
    if (!(value == defaults[i++]))
      json[key] = std::string(key) == "eos_token_id" && value.size() == 1 ? value.at(size_t{0}) : value;
  });
  return json;
}

void GenerationConfig::check(int64_t vocab_size) const {
  check_least("max_length", max_length, 1);
  check_least("max_new_tokens", max_new_tokens, 1);
  check_least("min_length", min_length, 0);
  check_least("min_new_tokens", min_new_tokens, 0);
  check_least("num_beams", num_beams, 1);
  check_least("num_return_sequences", num_return_sequences, 1);
  check_least("top_k", top_k, 0);
  check_least("no_repeat_ngram_size", no_repeat_ngram_size, 0);
  if (max_new_tokens && min_new_tokens && *min_new_tokens > *max_new_tokens)
    wrong("min_new_tokens", *min_new_tokens,
          "at most max_new_tokens, " + std::to_string(*max_new_tokens) + ",");
  if (!(temperature > 0) || !std::isfinite(temperature))
    wrong("temperature", temperature, "a number above 0");
  if (!(top_p >= 0 && top_p <= 1)) wrong("top_p", top_p, "a number from 0 to 1");
  if (min_p && !(*min_p >= 0 && *min_p <= 1)) wrong("min_p", *min_p, "a number from 0 to 1");
  if (!(repetition_penalty > 0) || !std::isfinite(repetition_penalty))
    wrong("repetition_penalty", repetition_penalty, "a number above 0");
  if (!std::isfinite(length_penalty)) wrong("length_penalty", length_penalty, "a number");
  if (!early_stopping.is_bool() && !(early_stopping == Json("never")))
    wrong("early_stopping", early_stopping, "true, false or \"never\"");
  if (num_return_sequences > num_beams && !(do_sample && num_beams == 1))
    wrong("num_return_sequences", num_return_sequences,
          "at most num_beams, " + std::to_string(num_beams) + ", unless texts are sampled,");
  check_ids("a token of suppress_tokens", suppress_tokens, vocab_size);
  check_ids("a token of begin_suppress_tokens", begin_suppress_tokens, vocab_size);
  check_ids("eos_token_id", eos_token_id, vocab_size);
  for (const auto& ids : bad_words_ids) {
    if (ids.empty()) throw InvalidArgument("generate: a word of bad_words_ids has no tokens");
    check_ids("a token of bad_words_ids", ids, vocab_size);
  }
  check_id("forced_bos_token_id", forced_bos_token_id, vocab_size);
  check_id("forced_eos_token_id", forced_eos_token_id, vocab_size);
  check_id("pad_token_id", pad_token_id, vocab_size);
  check_id("bos_token_id", bos_token_id, vocab_size);
  check_id("decoder_start_token_id", decoder_start_token_id, vocab_size);
}

}  // namespace lamina
