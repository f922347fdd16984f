"""The network of `lamina train translate-...` in PyTorch and Transformers: same vocabulary, batches, updates and schedule; prints one
JSON line with the tokens a second of its training and what `lamina evaluate` says of its translations.

usage: translation_peer.py LAMINA RECIPE DATA EPOCHS [STEPS]

DATA: a folder with train.tsv.gz and a part "test". STEPS: end after so many updates, only to time them.
"""
import gzip
import json
import math
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from transformers import T5Config, T5ForConditionalGeneration

# As lamina/zoo/translation_recipes has them.
TOKENS, STEP, RATE, WARMUP, SMOOTHING, AVERAGED, LENGTH, QUERIES = 2048, 4, 1.5e-3, 500, 0.1, 4, 0.08, 0.2

lamina, recipe, data, epochs, *steps = sys.argv[1:]
data, epochs, most = pathlib.Path(data), int(epochs), int(steps[0]) if steps else None
torch.set_num_threads(len(os.sched_getaffinity(0)))
torch.manual_seed(0)


def run(*words, folder):
    done = subprocess.run([lamina, *words, "--json"], cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode:
        sys.exit(done.stderr[-500:])
    return json.loads(done.stdout.strip().splitlines()[-1])


def pairs(columns):
    lines = gzip.open(data / "train.tsv.gz", "rt", encoding="utf-8").read().rstrip("\n").split("\n")
    header, *rows = [line.split("\t") for line in lines]
    return [[row[header.index(column)] for row in rows] for column in columns]


def batches(sources, targets, epoch):
    """Pairs of about one length together, TOKENS tokens with their padding; batches in another order in each epoch."""
    draw, groups, left, result = random.Random(epoch), {}, [], []
    order = list(range(len(sources)))
    draw.shuffle(order)
    for i in order:
        longest = max(len(sources[i]), len(targets[i]))
        groups.setdefault(-(-longest // STEP) * STEP, []).append(i)
    for length in sorted(groups):
        left += groups[length]
        rows = max(1, TOKENS // length)
        while len(left) >= rows:
            result.append((length, left[:rows]))
            left = left[rows:]
    if left:
        result.append((max(groups), left))
    draw.shuffle(result)
    return result


def tensors(sources, targets, length, rows, start):
    ids = torch.zeros(len(rows), length, dtype=torch.long)
    mask, labels = torch.zeros_like(ids), torch.full_like(ids, -100)
    for row, i in enumerate(rows):
        ids[row, :len(sources[i])] = torch.tensor(sources[i])
        mask[row, :len(sources[i])] = 1
        labels[row, :len(targets[i])] = torch.tensor(targets[i])
    begin = torch.full((len(rows), 1), start)
    return ids, mask, torch.cat([begin, labels[:, :-1].clamp(min=0)], 1), labels


with tempfile.TemporaryDirectory() as folder:
    # For the vocabulary and the configuration, which do not depend on how long it trains.
    run("train", recipe, "--data", data, "--validation-data", f"{data}:val[:1]", "--epochs", "1", "--out", "begun", folder=folder)
    begun = pathlib.Path(folder) / "begun"
    config, tokenizer = T5Config.from_pretrained(begun), Tokenizer.from_file(str(begun / "tokenizer.json"))
    task = json.loads((begun / "config.json").read_text())["task_specific_params"]["translation"]
    texts, translations = pairs((task["source"], task["target"]))
    sources = [encoding.ids for encoding in tokenizer.encode_batch([task["prefix"] + text for text in texts])]
    targets = [encoding.ids for encoding in tokenizer.encode_batch(translations)]

    model = T5ForConditionalGeneration(config)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if name == "shared.weight":
                weight *= LENGTH
            if name.endswith("layer_norm.weight"):
                weight *= 1 / LENGTH if name.startswith("decoder.final") else LENGTH
            if name.endswith(".k.weight"):
                weight *= QUERIES * config.d_model ** 0.5
            if name.endswith(".q.weight"):
                weight *= QUERIES * (config.d_model * config.d_kv) ** 0.5
    total = epochs * len(batches(sources, targets, 0))
    warmup = min(WARMUP, total / 5)
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE, betas=(0.9, 0.98), eps=1e-9)

    def rate(step):
        if step < warmup:
            return step / warmup
        return 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1, (step - warmup) / (total - warmup))))

    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, rate)
    model.train()
    spent, sums, begin = [], None, time.monotonic()
    for epoch in range(epochs):
        for length, rows in batches(sources, targets, epoch):
            if most and len(spent) >= most:
                break
            ids, mask, decoder, labels = tensors(sources, targets, length, rows, config.decoder_start_token_id)
            start = time.monotonic()
            logits = model(input_ids=ids, attention_mask=mask, decoder_input_ids=decoder, use_cache=False).logits
            loss = F.cross_entropy(logits.flatten(0, 1), labels.flatten(), ignore_index=-100, label_smoothing=SMOOTHING)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            spent.append(time.monotonic() - start)
        if epoch >= epochs - AVERAGED:
            now = [weight.detach().clone() for weight in model.parameters()]
            sums = now if sums is None else [a + b for a, b in zip(sums, now)]
        print(f"epoch {epoch + 1}: loss {loss.item():.4f}", file=sys.stderr)
    tokens = sum(map(len, sources)) + sum(map(len, targets))
    seconds = sum(spent[1:]) / (len(spent) - 1)
    result = {"tokens_s": tokens / (total / epochs) / seconds, "seconds": time.monotonic() - begin}
    if not most:
        with torch.no_grad():
            for weight, value in zip(model.parameters(), sums):
                weight.copy_(value / min(AVERAGED, epochs))
        trained = pathlib.Path(folder) / "trained"
        model.save_pretrained(trained)
        for name in ("config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"):
            shutil.copy(begun / name, trained / name)
        result.update(run("evaluate", "trained", "--data", data, folder=folder)["metrics"])
    print(json.dumps(result))
