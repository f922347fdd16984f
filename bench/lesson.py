"""Trains a recipe as a user does, from raw files to a judged model, and prints one JSON line.

usage: lesson.py LAMINA RECIPE SEED TRAIN TEST [OPTION...]     TEST: what judges, or - where training holds a part out.
The options are those of train. "epoch_s" is the shortest epoch's time, "train_s" that of the whole command.
"""
import json
import subprocess
import sys
import tempfile
import time

lamina, recipe, seed, train, test, *options = sys.argv[1:]


def objects(*words, folder):
    done = subprocess.run([lamina, *words, "--json"], cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode:
        sys.exit(done.stderr[-500:])
    return [json.loads(line) for line in done.stdout.strip().splitlines()]


with tempfile.TemporaryDirectory() as folder:
    began = time.monotonic()
    *epochs, trained = objects("train", recipe, "--data", train, "--seed", seed, "--quiet", *options, folder=folder)
    took = time.monotonic() - began
    judged = trained if test == "-" else objects("evaluate", trained["model"], "--data", test, folder=folder)[-1]
    seconds = [epoch["seconds"] for epoch in epochs if "seconds" in epoch]
    times = {"train_s": took, **({"epoch_s": min(seconds)} if seconds else {})}
    print(json.dumps({**judged["metrics"], **trained.get("compared_with", {}), **times}))
