"""What language models are held against, on the same parts of the same texts; prints one JSON line.

usage: language_peer.py ngram RECIPE SOURCE [ORDER]     interpolated Kneser-Ney over characters (ORDER 5)
       language_peer.py torch RECIPE SOURCE [EPOCHS]    the recipe's LSTMs in PyTorch: bits and seconds of an epoch
RECIPE is shakespeare or poems-zh; SOURCE as for `lamina train`. OMP_NUM_THREADS says how many threads PyTorch uses.
"""
import collections
import csv
import gzip
import json
import math
import os
import pathlib
import re
import sys
import time

UNKNOWN, END, BITS_OF_UNKNOWN = "\0", "\1", 20


def files(source, endings):
    source = pathlib.Path(source)
    return [source] if source.is_file() else sorted(path for path in source.iterdir() if re.search(endings, path.name))


def running_text(source):
    text = "".join(line + "\n" for path in files(source, r"\.txt$") for line in path.read_text("utf-8").splitlines())
    known = len(text) * 9 // 10
    return [text[:known * 19 // 20]], [text[known:]]


def regular_poems(source):
    seen, training, test, number = set(), [], [], 0
    for path in files(source, r"\.(tsv|csv)(\.gz)?$"):
        with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as lines:
            for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
                poem = row["text"]
                each = [line for line in re.split("[，。？！；\n]", poem) if line]
                if not row["title"].strip() or not 4 <= len(each) <= 16 or len(each) % 2 or "□" in poem or poem in seen:
                    continue
                if len(each[0]) not in (5, 7) or any(len(line) != len(each[0]) for line in each):
                    continue
                seen.add(poem)
                text = row["title"] + "\n" + poem
                if number % 10 == 9:
                    test.append(text)
                elif number % 20 != 8:
                    training.append(text if number % 4 else poem)
                number += 1
    return training, test


def symbols(texts, known, starts):
    """One row of characters; unknown ones are UNKNOWN, and END stands in front of texts that have beginnings."""
    row = [c if c in known else UNKNOWN for text in texts for c in (END + text if starts else text)]
    return row, sum(c == UNKNOWN for c in row)


def kneser_ney(training, test, order):
    """Mean bits of a character of `test` but the first."""
    counts = [collections.Counter() for _ in range(order + 1)]  # by length: of the highest order; below, how many precede
    for i in range(len(training) - order + 1):
        counts[order][tuple(training[i:i + order])] += 1
    for n in range(order, 1, -1):
        counts[n - 1].update(gram[1:] for gram in counts[n])
    levels = []
    for n in range(1, order + 1):
        totals, kinds = collections.Counter(), collections.Counter()
        for gram, count in counts[n].items():
            totals[gram[:-1]] += count
            kinds[gram[:-1]] += 1
        ones, twos = (sum(count == k for count in counts[n].values()) for k in (1, 2))
        levels.append((counts[n], totals, kinds, ones / max(1, ones + 2 * twos)))
    size, bits = len(set(training)), 0.0
    for i in range(1, len(test)):
        p = 1 / (size + 1)
        for n, (grams, totals, kinds, discount) in enumerate(levels, 1):
            history = tuple(test[max(0, i - n + 1):i])
            if len(history) < n - 1 or not totals[history]:
                break
            p = (max(0, grams[history + (test[i],)] - discount) + discount * kinds[history] * p) / totals[history]
        bits -= math.log2(p)
    return bits


def torch_lstm(training, test, epochs):
    """The same network, blocks, batches, schedule and updates; bits of the test part and seconds of an epoch."""
    import torch
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "2")))
    torch.manual_seed(0)
    names = {c: i for i, c in enumerate(sorted(set(training) | {UNKNOWN, END}))}
    to_ids = lambda row: torch.tensor([names[c] for c in row])

    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.table = torch.nn.Embedding(len(names), 256)
            self.lstm = torch.nn.LSTM(256, 256, 2, batch_first=True, dropout=0.1)
            self.drop = torch.nn.Dropout(0.1)
            torch.nn.init.normal_(self.table.weight, std=0.1)

        def forward(self, ids):
            return self.drop(self.lstm(self.drop(self.table(ids)))[0]) @ self.table.weight.T

    net, length, rows, highest = Net(), 128, 32, 3e-3
    ids = to_ids(training)
    steps = max(1, (len(ids) - 1) // length // rows)
    warm_up = min(200, epochs * steps / 10)
    rate = lambda t: t / warm_up if t < warm_up else 0.03 + 0.97 * (
        1 + math.cos(math.pi * (t - warm_up) / max(1, epochs * steps - warm_up))) / 2
    adam = torch.optim.AdamW(net.parameters(), lr=highest, weight_decay=0)
    schedule = torch.optim.lr_scheduler.LambdaLR(adam, rate)
    best = None
    for epoch in range(epochs):
        begin = time.perf_counter()
        starts = torch.arange(torch.randint(length, ()).item(), len(ids) - length, length)
        starts = starts[torch.randperm(len(starts))]
        for step in range(steps):
            some = starts[torch.arange(step * rows, (step + 1) * rows) % len(starts)]
            block = ids[some[:, None] + torch.arange(length + 1)]
            loss = torch.nn.functional.cross_entropy(net(block[:, :-1]).flatten(0, 1), block[:, 1:].flatten())
            adam.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1)
            adam.step()
            schedule.step()
        seconds = time.perf_counter() - begin
        best = seconds if best is None else min(best, seconds)
        print(epoch, loss.item(), seconds, file=sys.stderr)
    net.eval()
    ids, nats, length = to_ids(test), 0.0, 256
    with torch.no_grad():
        for begin in range(0, len(ids) - 1, length // 2):
            block, first = ids[begin:begin + length + 1], 0 if begin == 0 else length // 2
            if len(block) - 1 <= first:
                break
            scores = net(block[None, :-1])[0, first:]
            nats += torch.nn.functional.cross_entropy(scores, block[1 + first:], reduction="sum").item()
    return nats / math.log(2), best


if __name__ == "__main__":
    kind, recipe, source = sys.argv[1:4]
    number = int(sys.argv[4]) if len(sys.argv) > 4 else {"ngram": 5, "torch": 10}[kind]
    starts = recipe == "poems-zh"
    training_texts, test_texts = (regular_poems if starts else running_text)(source)
    frequent = {c for c, n in collections.Counter("".join(training_texts)).items() if n > 1} | {END}
    learned, _ = symbols(training_texts, frequent, starts)
    judged, unknown = symbols(test_texts, frequent, starts)
    result = {}
    if kind == "ngram":
        total = kneser_ney(learned, judged, number)
    else:
        total, result["epoch_s"] = torch_lstm(learned, judged, number)
    result["bits_per_character"] = (total + BITS_OF_UNKNOWN * unknown) / (len(judged) - 1)
    print(json.dumps(result))
