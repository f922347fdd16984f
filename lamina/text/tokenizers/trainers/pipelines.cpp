// The pipelines of well-known models, as tokenizer.json writes them; "special_tokens_map" says which token
// has which role.
#include "lamina/text/tokenizers/trainers.h"

namespace lamina {

Json byte_level_bpe_pipeline() {
  return Json::parse(R"({
    "added_tokens": [{"content": "<|endoftext|>", "normalized": false, "special": true}],
    "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
    "post_processor": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": false, "use_regex": true},
    "decoder": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true},
    "model": {"type": "BPE"},
    "special_tokens_map": {"bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>",
                           "pad_token": "<|endoftext|>"}})");
}

Json bert_wordpiece_pipeline(bool lowercase) {
  Json pipeline = Json::parse(R"({
    "added_tokens": [{"content": "[PAD]", "normalized": false, "special": true},
                     {"content": "[UNK]", "normalized": false, "special": true},
                     {"content": "[CLS]", "normalized": false, "special": true},
                     {"content": "[SEP]", "normalized": false, "special": true},
                     {"content": "[MASK]", "normalized": false, "special": true}],
    "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null,
                   "lowercase": true},
    "pre_tokenizer": {"type": "BertPreTokenizer"},
    "post_processor": {"type": "TemplateProcessing",
      "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
                 {"SpecialToken": {"id": "[SEP]", "type_id": 0}}],
      "pair": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
               {"SpecialToken": {"id": "[SEP]", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}},
               {"SpecialToken": {"id": "[SEP]", "type_id": 1}}]},
    "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
    "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
              "max_input_chars_per_word": 100},
    "special_tokens_map": {"unk_token": "[UNK]", "sep_token": "[SEP]", "pad_token": "[PAD]", "cls_token": "[CLS]",
                           "mask_token": "[MASK]"}})");
  pipeline["normalizer"]["lowercase"] = lowercase;
  return pipeline;
}

Json t5_unigram_pipeline() {
  return Json::parse(R"({
    "added_tokens": [{"content": "<pad>", "normalized": false, "special": true},
                     {"content": "</s>", "normalized": false, "special": true},
                     {"content": "<unk>", "normalized": false, "special": true}],
    "normalizer": {"type": "Sequence", "normalizers": [
      {"type": "Nmt"}, {"type": "NFKC"},
      {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}]},
    "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
      {"type": "WhitespaceSplit"},
      {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true}]},
    "post_processor": {"type": "TemplateProcessing",
      "single": [{"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "</s>", "type_id": 0}}],
      "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "</s>", "type_id": 0}},
               {"Sequence": {"id": "B", "type_id": 0}}, {"SpecialToken": {"id": "</s>", "type_id": 0}}]},
    "decoder": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true},
    "model": {"type": "Unigram"},
    "special_tokens_map": {"eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}})");
}

Json llama_bpe_pipeline() {
  Json pipeline = Json::parse(R"({
    "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": true},
    "post_processor": {"type": "TemplateProcessing",
      "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
      "pair": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
               {"SpecialToken": {"id": "<s>", "type_id": 1}}, {"Sequence": {"id": "B", "type_id": 1}}]},
    "decoder": {"type": "Sequence", "decoders": [
      {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"},
      {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
    "model": {"type": "BPE", "unk_token": "<unk>", "fuse_unk": true, "byte_fallback": true},
    "special_tokens_map": {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}})");
  Json added = Json::list();
  for (const char* token : {"<unk>", "<s>", "</s>"})
    added.push_back(Json::object({{"content", token}, {"normalized", false}, {"special", true}}));
  pipeline["added_tokens"] = added;
  return pipeline;
}

}  // namespace lamina
