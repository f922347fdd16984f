"""Trains a recipe that translates, judges it on the part "test", and prints one JSON line: bleu, chrf, tokens_s, seconds, ...

usage: translation.py LAMINA RECIPE DATA EPOCHS
"""
import json
import subprocess
import sys
import tempfile

lamina, recipe, data, epochs = sys.argv[1:]


def last_object(*words, folder):
    done = subprocess.run([lamina, *words, "--json"], cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode:
        sys.exit(done.stderr[-500:])
    return json.loads(done.stdout.strip().splitlines()[-1])


with tempfile.TemporaryDirectory() as folder:
    trained = last_object("train", recipe, "--data", data, "--epochs", epochs, "--quiet", folder=folder)
    judged = last_object("evaluate", trained["model"], "--data", data, folder=folder)
    print(json.dumps({**judged["metrics"], "tokens_s": trained["tokens_s"], "seconds": trained["seconds"]}))
