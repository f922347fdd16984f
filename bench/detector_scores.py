"""Judges a detector as it is, and prints its metrics as one JSON line.

usage: detector_scores.py LAMINA MODEL DATA CLASSES     CLASSES: as evaluate's --classes takes them
"""
import json
import subprocess
import sys

lamina, model, data, classes = sys.argv[1:]
done = subprocess.run([lamina, "evaluate", model, "--data", data, "--classes", classes, "--json"], text=True, stdout=subprocess.PIPE,
                      stderr=subprocess.PIPE)
if done.returncode:
    sys.exit(done.stderr[-500:])
print(json.dumps(json.loads(done.stdout)["metrics"]))
