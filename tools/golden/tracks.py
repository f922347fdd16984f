"""Scores of made-up tracks by TrackEval, and assignments by SciPy: tests/golden/vision/tracks.json.

Needs trackeval alone (1.3.0 last, which brings SciPy): python3 -m venv V && V/bin/pip install trackeval && V/bin/python tools/golden/tracks.py
{"tracks": [{"name", "truth", "found": for each frame [[id, left, top, right, bottom], ...], "hota": [HOTA, DetA, AssA, LocA] as means over overlaps, "identity":
[IDF1, IDP, IDR]}], "assignments": [{"costs", "sum"}]}.
"""
import contextlib
import io
import json
import os
import pathlib
import random

import numpy as np
from scipy.optimize import linear_sum_assignment

with contextlib.redirect_stdout(io.StringIO()):
    from trackeval.metrics import HOTA, Identity

GOLDEN = pathlib.Path(os.environ.get("LAMINA_GOLDEN") or pathlib.Path(__file__).resolve().parents[2] / "tests" / "golden")


def overlaps(a, b):
    a, b = np.asarray(a, float).reshape(-1, 4), np.asarray(b, float).reshape(-1, 4)
    low, high = np.maximum(a[:, None, :2], b[None, :, :2]), np.minimum(a[:, None, 2:], b[None, :, 2:])
    common = np.clip(high - low, 0, None).prod(-1)
    return common / ((a[:, 2:] - a[:, :2]).prod(-1)[:, None] + (b[:, 2:] - b[:, :2]).prod(-1)[None] - common)


def judged(truth, found):
    def numbers(frames):
        known = {}
        return [np.array([known.setdefault(one[0], len(known)) for one in frame], int) for frame in frames], len(known)

    truth_ids, truths = numbers(truth)
    found_ids, founds = numbers(found)
    data = {"gt_ids": truth_ids, "tracker_ids": found_ids, "num_gt_ids": truths, "num_tracker_ids": founds,
            "num_gt_dets": sum(map(len, truth)), "num_tracker_dets": sum(map(len, found)),
            "similarity_scores": [overlaps([one[1:] for one in a], [one[1:] for one in b]) for a, b in zip(truth, found)]}
    with contextlib.redirect_stdout(io.StringIO()):
        hota, identity = HOTA().eval_sequence(data), Identity({"PRINT_CONFIG": False}).eval_sequence(data)
    return {"hota": [float(np.mean(hota[name])) for name in ("HOTA", "DetA", "AssA", "LocA")],
            "identity": [float(identity[name]) for name in ("IDF1", "IDP", "IDR")]}


def video(draw, things, frames, shake=2.0, lost=0.1, wrong=0.2, switches=0.02):
    """Things on straight ways, and what a tracker might say of them."""
    ways = [(draw.uniform(0, 400), draw.uniform(0, 400), draw.uniform(-8, 8), draw.uniform(-8, 8), draw.uniform(20, 60), draw.randrange(0, frames))
            for _ in range(things)]
    called = list(range(100, 100 + things))
    truth, found = [], []
    for t in range(frames):
        there, said = [], []
        for number in range(things):
            if draw.random() < switches:
                other = draw.randrange(things)
                called[number], called[other] = called[other], called[number]
        for number, (x, y, dx, dy, side, begin) in enumerate(ways):
            if t < begin // 2:
                continue
            box = [x + dx * t, y + dy * t, x + dx * t + side, y + dy * t + side * 1.5]
            there.append([number, *(round(v, 3) for v in box)])
            if draw.random() > lost:
                said.append([called[number], *(round(v + draw.gauss(0, shake), 3) for v in box)])
        if draw.random() < wrong:
            x, y = draw.uniform(0, 400), draw.uniform(0, 400)
            said.append([1000 + t, round(x, 3), round(y, 3), round(x + 40, 3), round(y + 50, 3)])
        truth.append(there)
        found.append(said)
    return truth, found


def main():
    cases = [("perfect", *2 * (video(random.Random("perfect"), 3, 6)[0],)), ("nothing_found", video(random.Random("a"), 2, 4)[0], [[]] * 4),
             ("nothing_there", [[]] * 4, video(random.Random("a"), 2, 4)[0]), ("empty", [[]] * 3, [[]] * 3)]
    for number, options in enumerate([{}, {"shake": 6.0}, {"switches": 0.3}, {"lost": 0.5, "wrong": 1.0}, {"things": 12, "frames": 15}]):
        draw = random.Random(f"video {number}")
        cases.append((f"video_{number}", *video(draw, **{"things": 5, "frames": 20, **options})))
    assignments = []
    for number in range(20):
        draw = random.Random(f"assignment {number}")
        rows, columns = draw.randrange(1, 9), draw.randrange(1, 9)
        levels = draw.choice([None, [0, 1, 2]])
        costs = [[draw.choice(levels) if levels else round(draw.uniform(-5, 5), 3) for _ in range(columns)] for _ in range(rows)]
        row, column = linear_sum_assignment(np.array(costs))
        assignments.append({"costs": costs, "sum": float(np.array(costs)[row, column].sum())})
    out = {"tracks": [{"name": name, "truth": truth, "found": found, **judged(truth, found)} for name, truth, found in cases], "assignments": assignments}
    text = json.dumps(out, separators=(",", ":")).replace('},{"name"', '},\n{"name"').replace('},{"costs"', '},\n{"costs"')
    (GOLDEN / "vision" / "tracks.json").write_text(text + "\n")
    for case in out["tracks"]:
        print(case["name"], [round(v, 4) for v in case["hota"] + case["identity"]])


if __name__ == "__main__":
    main()
