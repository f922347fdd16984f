"""Writes tests/golden/text/tokenizers.json.gz: small tokenizers of every kind, and what Hugging Face's tokenizers and sentencepiece
make of texts with them.

usage: python tools/golden/subword_tokenizers.py      with tokenizers 0.23.3 and sentencepiece 0.2.3
"""
import base64
import gzip
import io
import json
import pathlib
import random

import sentencepiece
import tokenizers
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

OUT = pathlib.Path(__file__).resolve().parents[2] / "tests/golden/text/tokenizers.json.gz"

LEARNED = ["Two young, White males are outside near many bushes.", "Several men in hard hats are operating a giant pulley system.",
           "Deux jeunes hommes blancs sont dehors près de buissons.", "Zwei junge weiße Männer sind im Freien in der Nähe vieler Büsche.",
           "房间很好，服务也不错。", "味道不错，送餐很快！", "It's 2024; I'll pay $3.50, won't I?", "To be, or not to be: that is the question.",
           "The children's toys weren't there.", "聞官軍收河南河北"] * 4
TEXTS = ["", " ", "a", "  two  blanks  ", "Two young men are outside.", "It's WE'LL don't I'm 12345 67,8 x_y @#!", "près naïve Ångström İstanbul ΣΑΣ ß",
         "e\u0301 a\u0323\u0302 ｅ\u0301 ｆｕｌｌ ｗｉｄｔｈ ﬁ ½ ① ﷺ", "房间很好，服务也不错。2024年", "日本語のテキスト、ガｶﾞ", "한국어 텍스트", "👩‍👩‍👧 🇩🇪 ❤️ 😀😀",
         "tab\tnew\nline\r\n  end \n", "zero\u200bwidth\u00a0nbsp\u3000ideographic", "\x01control\x7f\u0085", "<s> in text </s>[MASK] x[MASK]y",
         "movie movies Film  film 的的", "▁mark ▁▁ here", "\u0600\U00010D40\U0001F9FF\U000E0041\uFFFD", "ſ'ſ 'S'T'RE", "don't do not , . ! ' s",
         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]
CL100K = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")


def cases(learned=LEARNED, more=0):
    """(name, tokenizer) of every kind, with vocabularies of a few hundred tokens and `more`."""
    def learn(model, trainer, **parts):
        tokenizer = Tokenizer(model)
        for name, part in parts.items():
            setattr(tokenizer, name, part)
        trainer.vocab_size += more
        tokenizer.train_from_iterator(learned, trainer)
        return tokenizer
    yield from kinds(learn)


def template(single, pair, tokenizer):
    names = {w.split(":")[0] for w in (single + " " + pair).split() if not w.startswith("$")}
    return processors.TemplateProcessing(single=single, pair=pair, special_tokens=[(n, tokenizer.token_to_id(n)) for n in sorted(names)])


def kinds(learn):
    N, P, D, T = normalizers, pre_tokenizers, decoders, trainers
    alphabet = P.ByteLevel.alphabet()
    quiet = dict(show_progress=False)

    t = learn(models.BPE(), T.BpeTrainer(vocab_size=320, special_tokens=["<|endoftext|>"], initial_alphabet=alphabet, **quiet),
              pre_tokenizer=P.ByteLevel(add_prefix_space=False), decoder=D.ByteLevel())
    t.post_processor = processors.ByteLevel(trim_offsets=False)
    yield "gpt2", t

    t = learn(models.BPE(), T.BpeTrainer(vocab_size=320, special_tokens=["<s>", "</s>", "<pad>", "[MASK]"], initial_alphabet=alphabet, **quiet),
              pre_tokenizer=P.ByteLevel(add_prefix_space=True), decoder=D.ByteLevel())
    t.add_special_tokens([AddedToken("[MASK]", lstrip=True, special=True)])
    t.post_processor = processors.RobertaProcessing(("</s>", 1), ("<s>", 0))
    yield "roberta", t

    t = learn(models.BPE(ignore_merges=True), T.BpeTrainer(vocab_size=320, special_tokens=["<|begin|>"], initial_alphabet=alphabet, **quiet),
              pre_tokenizer=P.Sequence([P.Split(Regex(CL100K), "isolated"), P.ByteLevel(add_prefix_space=False, use_regex=False)]),
              decoder=D.ByteLevel())
    t.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=False), template("<|begin|> $A", "<|begin|> $A <|begin|>:1 $B:1", t)])
    yield "llama3", t

    t = learn(models.BPE(), T.BpeTrainer(vocab_size=320, initial_alphabet=alphabet, **quiet), normalizer=N.NFC(),
              pre_tokenizer=P.Sequence([P.Split(Regex(CL100K.replace("{1,3}", "")), "isolated"), P.ByteLevel(add_prefix_space=False, use_regex=False)]),
              decoder=D.ByteLevel())
    yield "qwen", t

    t = learn(models.WordPiece(unk_token="[UNK]"), T.WordPieceTrainer(vocab_size=300, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"], **quiet),
              normalizer=N.BertNormalizer(lowercase=True), pre_tokenizer=P.BertPreTokenizer(), decoder=D.WordPiece())
    t.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    yield "bert", t

    byte_pieces = ["<unk>", "<s>", "</s>"] + ["<0x%02X>" % i for i in range(256)]
    t = learn(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True), T.BpeTrainer(vocab_size=420, special_tokens=byte_pieces, limit_alphabet=60, **quiet),
              normalizer=N.Sequence([N.Prepend("▁"), N.Replace(" ", "▁")]), pre_tokenizer=P.Split("▁", "merged_with_next"))
    content = json.loads(t.to_str())
    content["pre_tokenizer"], content["added_tokens"] = None, content["added_tokens"][:3]
    t = Tokenizer.from_str(json.dumps(content))
    t.decoder = D.Sequence([D.Replace("▁", " "), D.ByteFallback(), D.Fuse(), D.Strip(" ", 1, 0)])
    t.post_processor = template("<s> $A", "<s> $A <s>:1 $B:1", t)
    yield "llama2", t

    t = learn(models.BPE(unk_token="<|end|>", end_of_word_suffix="</w>", fuse_unk=True), T.BpeTrainer(vocab_size=300, special_tokens=["<|start|>", "<|end|>"], end_of_word_suffix="</w>", limit_alphabet=60, **quiet),
              normalizer=N.Sequence([N.NFC(), N.Replace(Regex(r"\s+"), " "), N.Lowercase()]),
              pre_tokenizer=P.Sequence([P.Split(Regex(r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"), "removed", invert=True)]),
              decoder=D.BPEDecoder("</w>"))
    t.post_processor = processors.RobertaProcessing(("<|end|>", 1), ("<|start|>", 0), trim_offsets=False, add_prefix_space=False)
    yield "clip", t

    t = learn(models.Unigram(), T.UnigramTrainer(vocab_size=120, special_tokens=["<pad>", "</s>", "<unk>"], unk_token="<unk>", **quiet),
              normalizer=N.Sequence([N.Nmt(), N.NFKC(), N.Replace(Regex(" {2,}"), " ")]), pre_tokenizer=P.Metaspace(prepend_scheme="first"), decoder=D.Metaspace())
    t.add_tokens([AddedToken("movie", single_word=True), AddedToken("Film", rstrip=True, normalized=False), "的"])
    t.post_processor = template("$A </s>", "$A </s> $B </s>", t)
    yield "unigram", t

    t = learn(models.WordLevel(unk_token="<unk>"), T.WordLevelTrainer(special_tokens=["<unk>"], **quiet),
              normalizer=N.Sequence([N.NFKD(), N.StripAccents(), N.Lowercase(), N.Strip()]),
              pre_tokenizer=P.Sequence([P.Whitespace(), P.Digits(individual_digits=True), P.Punctuation("contiguous")]))
    yield "wordlevel", t

    for behavior in ["removed", "isolated", "merged_with_previous", "merged_with_next", "contiguous"]:
        t = Tokenizer(models.WordLevel({"<unk>": 0, "a": 1}, "<unk>"))
        t.normalizer = N.Sequence([N.NFD(), N.BertNormalizer(strip_accents=False, lowercase=False)])
        t.pre_tokenizer = P.Sequence([P.Split(Regex(r"[aeiou ]|\d+"), behavior, invert=behavior == "isolated"), P.CharDelimiterSplit("x"),
                                      P.Punctuation(behavior), P.Digits(), P.FixedLength(6)])
        t.decoder = D.CTC(pad_token="a")
        yield "split_" + behavior, t

    t = learn(models.BPE(), T.BpeTrainer(vocab_size=300, initial_alphabet=alphabet, **quiet), normalizer=N.Sequence([N.NFKC(), N.ByteLevel()]),
              pre_tokenizer=P.WhitespaceSplit(), decoder=D.ByteLevel())
    yield "bytes_normalised", t

    t = learn(models.BPE(continuing_subword_prefix="##", unk_token="?"), T.BpeTrainer(vocab_size=200, special_tokens=["?"], continuing_subword_prefix="##", limit_alphabet=40, **quiet),
              pre_tokenizer=P.BertPreTokenizer(), decoder=D.WordPiece(cleanup=False))
    yield "prefixed_bpe", t

    t = learn(models.WordPiece(unk_token="[UNK]"), T.WordPieceTrainer(vocab_size=250, special_tokens=["[UNK]"], **quiet),
              pre_tokenizer=P.Sequence([P.UnicodeScripts(), P.WhitespaceSplit()]), decoder=D.WordPiece())
    yield "scripts", t


def encoding(e):
    return {"ids": e.ids, "tokens": e.tokens, "offsets": e.offsets, "type_ids": e.type_ids, "special_tokens_mask": e.special_tokens_mask,
            "word_ids": [-1 if w is None else w for w in e.word_ids]}


def described(name, tokenizer):
    results = []
    for i, text in enumerate(TEXTS):
        alone, pair = tokenizer.encode(text), tokenizer.encode(text, TEXTS[(i + 3) % len(TEXTS)])
        results.append({"alone": encoding(alone), "pair": encoding(pair), "decoded": tokenizer.decode(alone.ids, skip_special_tokens=False),
                        "skipped": tokenizer.decode(alone.ids, skip_special_tokens=True)})
    return {"name": name, "tokenizer": json.loads(tokenizer.to_str()), "results": results}


def cut_and_filled(tokenizer):
    """Truncation and padding of one tokenizer, in every way."""
    text, other = TEXTS[4], TEXTS[5]
    rows = []
    for strategy in ["longest_first", "only_first", "only_second"]:
        for length in [6, 9, 12, 40]:
            for side in ["right", "left"]:
                for pair in [False, True]:
                    if strategy == "only_second" and not pair:
                        continue
                    tokenizer.enable_truncation(length, stride=1, strategy=strategy, direction=side)
                    try:
                        e = tokenizer.encode(text, other) if pair else tokenizer.encode(text)
                        rows.append({"strategy": strategy, "length": length, "side": side, "pair": pair, "ids": e.ids, "offsets": e.offsets})
                    except BaseException:  # Rust's panics are no Exception
                        rows.append({"strategy": strategy, "length": length, "side": side, "pair": pair, "fails": True})
                    tokenizer.no_truncation()
    fills = []
    for side in ["right", "left"]:
        for length, multiple in [(None, None), (20, None), (None, 8)]:
            tokenizer.enable_padding(direction=side, pad_id=0, pad_token="[PAD]", length=length, pad_to_multiple_of=multiple)
            fills.append({"side": side, "length": length, "multiple": multiple,
                          "batch": [{"ids": e.ids, "attention_mask": e.attention_mask, "special_tokens_mask": e.special_tokens_mask}
                                    for e in tokenizer.encode_batch(TEXTS[3:6])]})
            tokenizer.no_padding()
    return {"text": text, "other": other, "cut": rows, "texts": TEXTS[3:6], "filled": fills}


def sentencepieces():
    for name, options in [("unigram", dict(model_type="unigram", vocab_size=130)),
                          ("unigram_bytes", dict(model_type="unigram", vocab_size=380, byte_fallback=True, normalization_rule_name="identity", character_coverage=0.98, user_defined_symbols=["<sep>", "的"])),
                          ("bpe", dict(model_type="bpe", vocab_size=200, normalization_rule_name="identity")),
                          ("bpe_bytes", dict(model_type="bpe", vocab_size=420, byte_fallback=True, character_coverage=0.98, normalization_rule_name="identity",
                                             remove_extra_whitespaces=False, user_defined_symbols=["<sep>"])),
                          ("word", dict(model_type="word", vocab_size=40, normalization_rule_name="identity")),
                          ("char", dict(model_type="char", vocab_size=60, normalization_rule_name="identity")),
                          ("suffix", dict(model_type="bpe", vocab_size=200, treat_whitespace_as_suffix=True, normalization_rule_name="identity"))]:
        model = io.BytesIO()
        sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(LEARNED), model_writer=model, hard_vocab_limit=False, minloglevel=2,
                                                 num_threads=1, **options)
        sp = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
        texts = TEXTS + ["a<sep>b 的 <sep>"]
        yield {"name": name, "model": base64.b64encode(model.getvalue()).decode(), "texts": texts,
               "results": [{"ids": sp.encode(t), "tokens": sp.encode(t, out_type=str), "decoded": sp.decode(sp.encode(t))} for t in texts]}


def main():
    random.seed(0)
    all_cases = list(cases())
    content = {"versions": {"tokenizers": tokenizers.__version__, "sentencepiece": sentencepiece.__version__}, "texts": TEXTS, "learned": LEARNED,
               "cases": [described(name, t) for name, t in all_cases],
               "cut_and_filled": cut_and_filled(dict(all_cases)["bert"]), "sentencepiece": list(sentencepieces())}
    OUT.write_bytes(gzip.compress(json.dumps(content, ensure_ascii=True, separators=(",", ":")).encode(), 9, mtime=0))


if __name__ == "__main__":
    main()
