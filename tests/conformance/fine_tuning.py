"""Fine-tuning by `lamina train classify|label|regress|tag|answer` of folders that Hugging Face's Transformers wrote: Transformers, PEFT and seqeval say of
what comes out what Lamina says. Run by a Python that has torch, transformers, peft and seqeval:

    python fine_tuning.py LAMINA WORK SEED

The last line says how many passed and failed.
"""
import json
import logging
import pathlib
import random
import shutil
import subprocess
import sys
import warnings

import numpy as np
import seqeval.metrics
import torch
import transformers
from peft import PeftModel
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

logging.disable(logging.WARNING)
transformers.utils.logging.disable_progress_bar()
warnings.simplefilter("ignore")
CITIES = ["Rome", "Oslo", "New York", "São Paulo", "Aix-en-Provence"]
LABELS = ["angry", "neutral", "pleased"]


def texts_of(rng, count):
    words = {"angry": "awful", "neutral": "plain", "pleased": "lovely"}
    labels = [rng.choice(LABELS) for _ in range(count)]
    return [f"The hotel in {rng.choice(CITIES)} was {words[label]}{rng.choice('.!?')}" for label in labels], labels


def trips_of(rng, count):
    words, tags = [], []
    for _ in range(count):
        words.append(["from"]), tags.append(["O"])
        for place in ("from", "to"):
            parts = rng.choice(CITIES).split()
            words[-1] += parts + ["to" if place == "from" else "please"]
            tags[-1] += [("I-" if i else "B-") + place for i in range(len(parts))] + ["O"]
    return words, tags


def word_pieces(lines):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer, tokenizer.pre_tokenizer = normalizers.BertNormalizer(lowercase=True), pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.train_from_iterator(lines, trainers.WordPieceTrainer(vocab_size=120, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]"]))
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1",
                                                             special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    return transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="[UNK]", pad_token="[PAD]", cls_token="[CLS]",
                                                sep_token="[SEP]", model_max_length=64)


def byte_pairs(lines, around=None, **roles):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer, tokenizer.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    tokenizer.train_from_iterator(lines, trainers.BpeTrainer(vocab_size=320, special_tokens=special,
                                                             initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    if around:
        tokenizer.post_processor = around
    return transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=64, unk_token="<unk>", eos_token="</s>", **roles)


def checkpoints(work, lines, seed):
    torch.manual_seed(seed)
    small = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 48}
    pieces = word_pieces(lines)
    roberta = byte_pairs(lines, processors.RobertaProcessing(("</s>", 2), ("<s>", 0), trim_offsets=True, add_prefix_space=False),
                         pad_token="<pad>", bos_token="<s>", cls_token="<s>", sep_token="</s>")
    t5 = byte_pairs(lines, processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 2)]), pad_token="<pad>")
    plain = byte_pairs(lines, bos_token="</s>")
    made = {
        "bert": (transformers.BertForMaskedLM(transformers.BertConfig(vocab_size=120, max_position_embeddings=64, **small)), pieces),
        "distilbert": (transformers.DistilBertModel(transformers.DistilBertConfig(
            vocab_size=120, dim=32, n_layers=2, n_heads=2, hidden_dim=48, max_position_embeddings=64)), pieces),
        "roberta": (transformers.RobertaForMaskedLM(transformers.RobertaConfig(
            vocab_size=320, max_position_embeddings=66, type_vocab_size=1, **small)), roberta),
        "gpt2": (transformers.GPT2LMHeadModel(transformers.GPT2Config(
            vocab_size=320, n_positions=64, n_embd=32, n_layer=2, n_head=2, bos_token_id=2, eos_token_id=2)), plain),
        "llama": (transformers.LlamaForCausalLM(transformers.LlamaConfig(
            vocab_size=320, num_key_value_heads=1, max_position_embeddings=64, bos_token_id=2, eos_token_id=2, **small)), plain),
        "t5": (transformers.T5ForConditionalGeneration(transformers.T5Config(
            vocab_size=320, d_model=32, d_kv=16, d_ff=48, num_layers=2, num_heads=2, decoder_start_token_id=1, pad_token_id=1,
            eos_token_id=2)), t5)}
    for name, (model, tokenizer) in made.items():
        model.save_pretrained(work / name)
        tokenizer.save_pretrained(work / name)


def lamina(program, work, *words):
    asked = subprocess.run([program, *map(str, words)], cwd=work, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert asked.returncode == 0, asked.stderr
    return [json.loads(line) for line in asked.stdout.splitlines()]


def close(a, b, what, tolerance=1e-5):
    off = np.abs(np.asarray(a) - np.asarray(b)).max()
    assert off < tolerance, f"{what} is off by {off:.1e}"


def classes(program, work, name, seed, rng):
    texts, labels = texts_of(rng, 80)
    (work / f"{name}.tsv").write_text("text\tlabel\n" + "".join(f"{a}\t{b}\n" for a, b in zip(texts, labels)))
    out = f"{name}-classes"
    lamina(program, work, "train", "classify", "--from", name, "--data", f"{name}.tsv", "--lora", 4, "--epochs", 2, "--seed", seed,
           "--learning-rate", 0.01, "--out", out, "--json")
    tokenizer = transformers.AutoTokenizer.from_pretrained(work / out)
    model, info = transformers.AutoModelForSequenceClassification.from_pretrained(work / out, output_loading_info=True)
    assert not info["missing_keys"] and not info["unexpected_keys"], info
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    given = tokenizer(texts[:20], padding=True, return_tensors="pt")
    given.pop("token_type_ids", None)
    said = [one["probabilities"] for one in lamina(program, work, "predict", out, *texts[:20], "--json")]
    base = transformers.AutoModelForSequenceClassification.from_pretrained(work / name, num_labels=len(LABELS))
    base.config.pad_token_id = model.config.pad_token_id
    adapted = PeftModel.from_pretrained(base, work / out / "adapter")
    with torch.inference_mode():
        for what, each in (("merged", model), ("adapter", adapted)):
            close(torch.softmax(each.eval()(**given).logits, -1).numpy(), said, what)


def judged(program, work, name, seed, rng):
    """Pairs of texts, lists of labels and numbers: losses of Transformers by its own problem_type, and what it says of the texts."""
    texts, labels = texts_of(rng, 60)
    others = [f"It was {rng.choice(['awful', 'plain', 'lovely'])}" for _ in texts]
    lists = [",".join(dict.fromkeys([label, rng.choice(LABELS)])) if rng.random() < 0.9 else "-" for label in labels]
    numbers = [round(LABELS.index(label) - 1 + rng.uniform(-0.2, 0.2), 3) for label in labels]
    rows = zip(texts, others, labels, lists, numbers)
    (work / f"{name}-judged.tsv").write_text("text\tother\tone\tlist\tnumber\n" + "".join("\t".join(map(str, row)) + "\n" for row in rows))
    for task, column, pairs in (("classify", "one", True), ("label", "list", False), ("label", "list", True), ("regress", "number", True)):
        out = f"{name}-{task}-{pairs}"
        columns = ["--data", f"{name}-judged.tsv", "--text-column", "text", "--label-column", column, *(["--pair-column", "other"] if pairs else [])]
        lamina(program, work, "train", task, "--from", name, *columns, "--epochs", 2, "--seed", seed, "--learning-rate", 0.01, "--out", out, "--json")
        tokenizer = transformers.AutoTokenizer.from_pretrained(work / out)
        model = transformers.AutoModelForSequenceClassification.from_pretrained(work / out).eval()
        if tokenizer.pad_token is None:
            tokenizer.pad_token = tokenizer.eos_token
        # As tokenizers of BERT's own class say it; this one, of no class, leaves it to whoever asks.
        given = tokenizer(texts, others if pairs else None, padding=True, return_tensors="pt", return_token_type_ids=name == "bert")
        number_of = model.config.label2id
        target = {"one": torch.tensor([number_of.get(label, 0) for label in labels]), "number": torch.tensor(numbers),
                  "list": torch.tensor([[float(label in cell.split(",")) for label in number_of] for cell in lists])}[column]
        with torch.inference_mode():
            asked = model(**given, labels=target)
        said = lamina(program, work, "evaluate", out, *columns, "--json")[0]["metrics"]
        close(float(asked.loss), said["loss"], f"{task}, pairs {pairs}: loss {said['loss']:.4g}")
        asked_of = ["--pairs", *map("\t".join, zip(texts, others))] if pairs else texts
        spoken = lamina(program, work, "predict", out, *asked_of, "--json")
        if task == "classify":
            theirs, ours = torch.softmax(asked.logits, -1), [one["probabilities"] for one in spoken]
        elif task == "label":
            theirs, ours = torch.sigmoid(asked.logits), [[one["probabilities"][label] for label in number_of] for one in spoken]
        else:
            theirs, ours = asked.logits[:, 0], [one["value"] for one in spoken]
        close(theirs.numpy(), ours, f"{task}, pairs {pairs}: predict")


def tags(program, work, name, seed, rng):
    words, wanted = trips_of(rng, 60)
    (work / f"{name}.conll").write_text("\n\n".join("\n".join(f"{a} {b}" for a, b in zip(*text)) for text in zip(words, wanted)) + "\n")
    out = f"{name}-tags"
    lamina(program, work, "train", "tag", "--from", name, "--data", f"{name}.conll", "--epochs", 4, "--seed", seed, "--learning-rate", 0.005,
           "--out", out, "--json")
    tokenizer = transformers.AutoTokenizer.from_pretrained(work / out)
    model = transformers.AutoModelForTokenClassification.from_pretrained(work / out).eval()
    found, nats, count = [], 0.0, 0
    for text, right in zip(words, wanted):
        given = tokenizer(" ".join(text), return_tensors="pt", return_offsets_mapping=True)
        offsets = given.pop("offset_mapping")[0].tolist()
        given.pop("token_type_ids", None)
        with torch.inference_mode():
            scores = torch.log_softmax(model(**given).logits[0], -1)
        ends, found_now = np.cumsum([len(word) + 1 for word in text]) - 1, ["O"] * len(text)
        first = {}
        for token, (begin, end) in enumerate(offsets):
            if end > begin:
                first.setdefault(int(np.searchsorted(ends, end)), token)
        for word, token in first.items():
            found_now[word] = model.config.id2label[int(scores[token].argmax())]
            nats -= float(scores[token, model.config.label2id[right[word]]])
            count += 1
        found.append(found_now)
    said = lamina(program, work, "evaluate", out, "--data", f"{name}.conll", "--json")[0]["metrics"]
    for what, value in (("loss", nats / count), ("f1", seqeval.metrics.f1_score(wanted, found)),
                        ("precision", seqeval.metrics.precision_score(wanted, found)),
                        ("recall", seqeval.metrics.recall_score(wanted, found)), ("accuracy", seqeval.metrics.accuracy_score(wanted, found))):
        close(value, said[what], what)
    assert said["accuracy"] > 0.3, said


def answers(program, work, name, seed, rng):
    pairs = [(f"How was {city} {n} ?", f"{city} was lovely {n} times .") for city in CITIES for n in range(1, 9)]
    rng.shuffle(pairs)
    (work / f"{name}-pairs.tsv").write_text("prompt\tanswer\n" + "".join(f"{a}\t{b}\n" for a, b in pairs))
    out = f"{name}-answers"
    lamina(program, work, "train", "answer", "--from", name, "--data", f"{name}-pairs.tsv", "--epochs", 4, "--seed", seed, "--learning-rate",
           0.01, "--out", out, "--json")
    tokenizer = transformers.AutoTokenizer.from_pretrained(work / out)
    kind = transformers.AutoModelForSeq2SeqLM if name == "t5" else transformers.AutoModelForCausalLM
    model, nats, count = kind.from_pretrained(work / out).eval(), 0.0, 0
    for prompt, answer in pairs:
        if name == "t5":
            given = tokenizer(prompt, return_tensors="pt").input_ids
            ids = tokenizer(answer).input_ids
            with torch.inference_mode():
                logits = model(input_ids=given, labels=torch.tensor([ids])).logits[0]
        else:
            before, ids = tokenizer(prompt + "\n").input_ids, tokenizer(answer).input_ids + [tokenizer.eos_token_id]
            with torch.inference_mode():
                logits = model(torch.tensor([before + ids])).logits[0, len(before) - 1:-1]
        nats -= float(torch.log_softmax(logits, -1)[range(len(ids)), ids].sum())
        count += len(ids)
    said = lamina(program, work, "evaluate", out, "--data", f"{name}-pairs.tsv", "--json")[0]["metrics"]
    close(nats / count, said["loss"], "loss")


def main():
    program, work, seed = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve(), int(sys.argv[3])
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    rng = random.Random(seed)
    lines = texts_of(rng, 200)[0] + [" ".join(words) for words in trips_of(rng, 100)[0]] + ["How was it lovely times ? 1 2 3 4 5 6 7 8 ."]
    checkpoints(work, lines, seed)
    passed = failed = 0
    for task, names in ((classes, ("bert", "distilbert", "roberta", "gpt2", "llama")),
                        (judged, ("bert", "distilbert", "roberta", "gpt2", "llama")), (tags, ("bert", "distilbert", "roberta")),
                        (answers, ("gpt2", "llama", "t5"))):
        for name in names:
            try:
                task(program, work, name, seed, random.Random(f"{task.__name__} {name} {seed}"))
                passed += 1
            except Exception as problem:
                failed += 1
                print(f"FAILED: {name} {task.__name__}: {str(problem)[-600:]}")
    print(passed, failed)


if __name__ == "__main__":
    main()
