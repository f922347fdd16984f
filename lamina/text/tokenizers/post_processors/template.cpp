// TemplateProcessing: special tokens around the texts as a template says; BertProcessing and
// RobertaProcessing, which are fixed ones; ByteLevel, which trims offsets; Sequence.
#include "lamina/text/tokenizers/detail/config.h"
#include "lamina/text/tokenizers/detail/encodings.h"
#include "lamina/text/tokenizers/detail/parts.h"

namespace lamina::detail::tokenizers {
namespace {

// A place of a template: one of the texts, or tokens to put in.
struct Place {
  int text = -1;  // 0 or 1; -1: tokens
  std::vector<AddedToken> tokens = {};
  int32_t type_id = 0;
};
using Template = std::vector<Place>;

int64_t added_by(const Template& places) {
  int64_t count = 0;
  for (const Place& place : places) count += static_cast<int64_t>(place.tokens.size());
  return count;
}

void apply(const Template& places, std::vector<Encoding>& encodings, bool add_special_tokens) {
  Encoding result;
  bool ids_only = false;
  for (const Encoding& encoding : encodings) ids_only = ids_only || has_ids_only(encoding);
  const size_t texts = encodings.size();
  std::vector<int> uses(texts, 0);
  for (const Place& place : places) {
    if (place.text >= 0 && static_cast<size_t>(place.text) < texts) ++uses[static_cast<size_t>(place.text)];
  }
  for (const Place& place : places) {
    if (place.text >= 0) {
      Encoding& text = encodings[static_cast<size_t>(place.text)];
      set_type(text, place.type_id);
      append(result, --uses[static_cast<size_t>(place.text)] > 0 ? Encoding(text) : std::move(text));
    } else if (add_special_tokens) {
      for (const AddedToken& token : place.tokens)
        append(result, encoding_of(token, place.type_id, ids_only));
    }
  }
  encodings.clear();
  encodings.push_back(std::move(result));
}

class TemplateProcessing : public PostProcessor {
 public:
  TemplateProcessing(Template single, Template pair) : single_(std::move(single)), pair_(std::move(pair)) {}
  explicit TemplateProcessing(const Json& config) {
    ConfigReader reader = read_part(config, "TemplateProcessing");
    const Json tokens = reader.json("special_tokens");
    single_ = read(reader, "single", tokens);
    pair_ = read(reader, "pair", tokens);
    for (const Place& place : single_) {
      if (place.text == 1) reader.fail("single", "names a second text");
    }
    reader.done();
  }
  int64_t added(bool pair) const override { return added_by(pair ? pair_ : single_); }
  void process(std::vector<Encoding>& encodings, bool add_special_tokens) const override {
    apply(encodings.size() > 1 ? pair_ : single_, encodings, add_special_tokens);
  }

 private:
  static Template read(ConfigReader& reader, const char* key, const Json& tokens) {
    Template places;
    const Json json = reader.json(key);
    if (!json.is_list()) reader.fail(key, "a list was expected");
    for (const Json& piece : json.as_list()) {
      const auto malformed = [&]() { reader.fail(key, "a piece is " + piece.dump().substr(0, 80)); };
      if (!piece.is_object() || piece.size() != 1) malformed();
      const auto& [kind, content] = piece.as_object()[0];
      const Json* id = content.find("id");
      const Json* type = content.find("type_id");
      if (id == nullptr || !id->is_string() || type == nullptr || !type->is_int() || type->as_int() < 0 ||
          type->as_int() > INT32_MAX)
        malformed();
      Place place;
      place.type_id = static_cast<int32_t>(type->as_int());
      if (kind == "Sequence") {
        if (id->as_string() != "A" && id->as_string() != "B") malformed();
        place.text = id->as_string() == "A" ? 0 : 1;
      } else if (kind == "SpecialToken") {
        place.tokens = special(reader, id->as_string(), tokens);
      } else {
        malformed();
      }
      places.push_back(std::move(place));
    }
    return places;
  }
  static std::vector<AddedToken> special(ConfigReader& reader, const std::string& name, const Json& tokens) {
    const Json* token = tokens.find(name);
    const Json* ids = token ? token->find("ids") : nullptr;
    const Json* texts = token ? token->find("tokens") : nullptr;
    if (ids == nullptr || texts == nullptr || !ids->is_list() || !texts->is_list() ||
        ids->size() != texts->size())
      reader.fail("special_tokens", "does not tell the ids and tokens of '" + name.substr(0, 40) + "'");
    std::vector<AddedToken> result;
    for (size_t i = 0; i < ids->size(); ++i) {
      if (!ids->at(i).is_int() || !texts->at(i).is_string() || ids->at(i).as_int() < 0 ||
          ids->at(i).as_int() > INT32_MAX)
        reader.fail("special_tokens", "'" + name.substr(0, 40) + "' has an id or token of another kind");
      result.push_back({static_cast<int32_t>(ids->at(i).as_int()), texts->at(i).as_string()});
    }
    return result;
  }
  Template single_, pair_;
};

std::shared_ptr<PostProcessor> bert(const Json& config) {
  ConfigReader reader = read_part(config, "BertProcessing");
  const auto sep = token_of(reader, "sep"), cls = token_of(reader, "cls");
  reader.done();
  const Place first = {.text = 0}, second = {.text = 1, .type_id = 1};
  const Place cls_place = {.tokens = {{cls.second, cls.first}}};
  const Place sep_place = {.tokens = {{sep.second, sep.first}}};
  Place last = sep_place;
  last.type_id = 1;
  return std::make_shared<TemplateProcessing>(Template{cls_place, first, sep_place},
                                              Template{cls_place, first, sep_place, second, last});
}

class RobertaProcessing : public PostProcessor {
 public:
  explicit RobertaProcessing(const Json& config) {
    ConfigReader reader = read_part(config, "RobertaProcessing");
    const auto sep = token_of(reader, "sep"), cls = token_of(reader, "cls");
    trim_offsets_ = reader.boolean("trim_offsets", true);
    add_prefix_space_ = reader.boolean("add_prefix_space", true);
    reader.done();
    const Place first = {.text = 0}, second = {.text = 1};
    const Place cls_place = {.tokens = {{cls.second, cls.first}}};
    const Place sep_place = {.tokens = {{sep.second, sep.first}}};
    single_ = {cls_place, first, sep_place};
    pair_ = {cls_place, first, sep_place, sep_place, second, sep_place};
  }
  int64_t added(bool pair) const override { return added_by(pair ? pair_ : single_); }
  void process(std::vector<Encoding>& encodings, bool add_special_tokens) const override {
    if (trim_offsets_) {
      for (Encoding& encoding : encodings) tokenizers::trim_offsets(encoding, add_prefix_space_);
    }
    apply(encodings.size() > 1 ? pair_ : single_, encodings, add_special_tokens);
  }

 private:
  bool trim_offsets_, add_prefix_space_;
  Template single_, pair_;
};

class ByteLevel : public PostProcessor {
 public:
  explicit ByteLevel(const Json& config) {
    ConfigReader reader = read_part(config, "ByteLevel");
    add_prefix_space_ = reader.boolean("add_prefix_space", true);
    trim_offsets_ = reader.boolean("trim_offsets", true);
    reader.boolean("use_regex", true);  // the pre-tokenizer of the same name asks for that
    reader.done();
  }
  int64_t added(bool) const override { return 0; }
  void process(std::vector<Encoding>& encodings, bool) const override {
    if (!trim_offsets_) return;
    for (Encoding& encoding : encodings) tokenizers::trim_offsets(encoding, add_prefix_space_);
  }

 private:
  bool add_prefix_space_, trim_offsets_;
};

class Sequence : public PostProcessor {
 public:
  explicit Sequence(const Json& config) {
    ConfigReader reader = read_part(config, "Sequence");
    for (const Json& part : parts_of(reader, "processors")) parts_.push_back(make_part<PostProcessor>(part));
    reader.done();
  }
  int64_t added(bool pair) const override {
    int64_t count = 0;
    for (const auto& part : parts_) count += part->added(pair);
    return count;
  }
  void process(std::vector<Encoding>& encodings, bool add_special_tokens) const override {
    for (const auto& part : parts_) part->process(encodings, add_special_tokens);
  }

 private:
  std::vector<std::shared_ptr<PostProcessor>> parts_;
};

template <class Part>
bool add(const char* name) {
  return Registry<PostProcessor>::add(name, [](const Json& config) -> std::shared_ptr<PostProcessor> {
    return std::make_shared<Part>(config);
  });
}

const bool kTemplateKnown[] = {add<TemplateProcessing>("TemplateProcessing"),
                       add<RobertaProcessing>("RobertaProcessing"), add<ByteLevel>("ByteLevel"),
                       add<Sequence>("Sequence"), Registry<PostProcessor>::add("BertProcessing", bert)};

}  // namespace
}  // namespace lamina::detail::tokenizers
