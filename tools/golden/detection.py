"""What pycocotools says of made-up detections: tests/golden/vision/coco.json.

Needs pycocotools alone (2.0.11 last): python3 -m venv V && V/bin/pip install pycocotools && V/bin/python tools/golden/detection.py
A list of cases: {"name", "classes", "truth": for each picture [[left, top, width, height, label, crowd, area], ...], "found": for each picture
[[left, top, width, height, label, score], ...], "stats": the twelve numbers of COCOeval.summarize, -1 for nothing, "ap": of each class over all
overlaps, "ap50": of each class at 0.5}.
"""
import contextlib
import io
import json
import os
import pathlib
import random

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

GOLDEN = pathlib.Path(os.environ.get("LAMINA_GOLDEN") or pathlib.Path(__file__).resolve().parents[2] / "tests" / "golden")


def judged(truth, found, classes):
    images = [{"id": i + 1, "width": 640, "height": 640} for i in range(len(truth))]
    annotations = [{"id": 0, "image_id": i + 1, "category_id": label + 1, "bbox": [x, y, w, h], "area": area, "iscrowd": crowd}
                   for i, boxes in enumerate(truth) for x, y, w, h, label, crowd, area in boxes]
    for number, annotation in enumerate(annotations):
        annotation["id"] = number + 1
    results = [{"image_id": i + 1, "category_id": label + 1, "bbox": [x, y, w, h], "score": score}
               for i, boxes in enumerate(found) for x, y, w, h, label, score in boxes]
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = {"images": images, "annotations": annotations, "categories": [{"id": i + 1, "name": str(i)} for i in range(classes)]}
        coco.createIndex()
        there = coco.loadRes(results) if results else COCO()
        if not results:
            there.dataset = {"images": images, "annotations": [], "categories": coco.dataset["categories"]}
            there.createIndex()
        evaluation = COCOeval(coco, there, "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    precision = evaluation.eval["precision"][:, :, :, 0, 2]  # overlap, recall, class

    def mean(values):
        values = values[values > -1]
        return float(values.mean()) if values.size else -1

    return {"stats": [float(value) for value in evaluation.stats], "ap": [mean(precision[:, :, k]) for k in range(classes)],
            "ap50": [mean(precision[0, :, k]) for k in range(classes)]}


def eighths(value):
    """Numbers that both ways to write a box hold without rounding, so that equal overlaps are equal."""
    return round(value * 8) / 8


def random_case(draw, pictures, classes, most, crowds=0.0, levels=None, area_factor=1.0, grid=False):
    truth, found = [], []
    for _ in range(pictures):
        there, said = [], []
        for _ in range(draw.randrange(0, most + 1)):
            side = 2 ** draw.uniform(2, 8)
            x, y, w, h = (eighths(v) for v in (draw.uniform(0, 500), draw.uniform(0, 500), side, side * draw.uniform(0.5, 2)))
            if grid:
                x, y, w, h = x // 16 * 16, y // 16 * 16, 32, 32
            label = draw.randrange(classes)
            there.append([x, y, w, h, label, int(draw.random() < crowds), w * h * area_factor])
            for _ in range(draw.choice([0, 1, 1, 1, 2, 3])):
                shift = draw.choice([0, 0.05, 0.1, 0.2, 0.4])
                moved = [x + draw.uniform(-shift, shift) * w, y + draw.uniform(-shift, shift) * h, w * (1 + draw.uniform(-shift, shift)),
                         h * (1 + draw.uniform(-shift, shift))]
                if grid:
                    moved = [x + draw.choice([0, 8, 16]), y, w, h]
                score = draw.choice(levels) if levels else draw.random()
                said.append([*(eighths(v) for v in moved), label if draw.random() < 0.85 else draw.randrange(classes), score])
        for _ in range(draw.randrange(0, 4)):
            said.append([eighths(draw.uniform(0, 500)), eighths(draw.uniform(0, 500)), eighths(draw.uniform(1, 99)), eighths(draw.uniform(1, 99)),
                         draw.randrange(classes), draw.choice(levels) if levels else draw.random()])
        truth.append(there)
        found.append(said)
    return truth, found, classes


def adversarial():
    box = [10, 10, 40, 40]
    yield "no_detection", [[[*box, 0, 0, 1600]]], [[]], 1
    yield "nothing_there", [[], [[*box, 0, 0, 1600]]], [[[*box, 0, 0.9]], []], 2
    yield "empty_pictures", [[], [], [[*box, 1, 0, 1600]]], [[], [[*box, 0, 0.5]], [[*box, 1, 0.5]]], 3
    yield "one_thing_found_often", [[[*box, 0, 0, 1600]]], [[[*box, 0, 0.9]] * 5], 1
    yield "more_than_hundred", [[[i * 4, 0, 8, 8, 0, 0, 64] for i in range(130)]], [[[i * 4, 0, 8, 8, 0, 0.5] for i in range(130)]], 1
    yield "overlap_of_a_threshold", [[[0, 0, 32, 32, 0, 0, 1024]]], [[[0, 0, 32, 16, 0, 0.9], [0, 0, 32, 24, 0, 0.8]]], 1
    yield "zero_area", [[[5, 5, 0, 10, 0, 0, 0], [*box, 0, 0, 1600]]], [[[5, 5, 0, 10, 0, 0.9], [*box, 0, 0.8], [30, 30, 10, 0, 0, 0.7]]], 1
    yield "crowd_alone", [[[*box, 0, 1, 1600]]], [[[12, 12, 8, 8, 0, 0.9], [14, 14, 8, 8, 0, 0.8]]], 1
    yield "crowd_and_thing", [[[0, 0, 200, 200, 0, 1, 40000], [10, 10, 40, 40, 0, 0, 1600]]], \
        [[[10, 10, 40, 40, 0, 0.7], [11, 10, 40, 40, 0, 0.9], [100, 100, 20, 20, 0, 0.95], [500, 500, 20, 20, 0, 0.3]]], 1
    yield "edges_of_sizes", [[[0, 0, 32, 32, 0, 0, 1024], [100, 100, 96, 96, 0, 0, 9216]]], [[[0, 0, 32, 32, 0, 0.5], [100, 100, 96, 96, 0, 0.5]]], 1
    yield "area_of_outline", [[[0, 0, 200, 200, 0, 0, 900]]], [[[0, 0, 200, 200, 0, 0.5], [300, 300, 10, 10, 0, 0.9]]], 1
    yield "negative_scores", [[[*box, 0, 0, 1600]]], [[[*box, 0, -0.5], [11, 11, 40, 40, 0, -1.5]]], 1


def main():
    cases = [(name, truth, found, classes) for name, truth, found, classes in adversarial()]
    settings = {"plain": {}, "crowds": {"crowds": 0.3}, "ties": {"levels": [0.25, 0.5, 0.75]}, "outlines": {"area_factor": 0.4},
                "grid": {"grid": True, "levels": [0.5, 0.75], "crowds": 0.1}, "many": {"most": 25, "pictures": 4}}
    for name, options in settings.items():
        for number in range(3):
            draw = random.Random(f"{name} {number}")
            options = {"pictures": 8, "classes": 3, "most": 8, **options}
            cases.append((f"{name}_{number}", *random_case(draw, **options)))
    out = [{"name": name, "classes": classes, "truth": truth, "found": found, **judged(truth, found, classes)}
           for name, truth, found, classes in cases]
    (GOLDEN / "vision").mkdir(parents=True, exist_ok=True)
    (GOLDEN / "vision" / "coco.json").write_text(json.dumps(out, separators=(",", ":")).replace('},{"name"', '},\n{"name"') + "\n")
    print(len(out), "cases;", np.mean([case["stats"][0] for case in out]))


if __name__ == "__main__":
    main()
