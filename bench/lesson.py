"""Trains a recipe as a user does, from raw files to a judged model, and prints one JSON line.

usage: lesson.py LAMINA RECIPE SEED TRAIN TEST [OPTION...]     TEST: what judges, or - where training holds a part out.
The options are those of train.
"""
import json
import subprocess
import sys
import tempfile

lamina, recipe, seed, train, test, *options = sys.argv[1:]


def last_object(*words, folder):
    done = subprocess.run([lamina, *words, "--json"], cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode:
        sys.exit(done.stderr[-500:])
    return json.loads(done.stdout.strip().splitlines()[-1])


with tempfile.TemporaryDirectory() as folder:
    trained = last_object("train", recipe, "--data", train, "--seed", seed, "--quiet", *options, folder=folder)
    judged = trained if test == "-" else last_object("evaluate", trained["model"], "--data", test, folder=folder)
    print(json.dumps({**judged["metrics"], **trained.get("compared_with", {})}))
