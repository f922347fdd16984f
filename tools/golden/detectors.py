"""What two published detectors find on photographs, by ONNX Runtime and NumPy: tests/golden/vision/detectors.json.

Needs onnxruntime, numpy and pillow (1.32.0, 2.4, 13.0 last), and the folder that holds `models` and `data`:
    V/bin/python tools/golden/detectors.py SHARED
A list of {"model", "image" (below that folder), "detections": [[label, score, left, top, right, bottom], ...], the surest first}. Decoding and suppression
are written here a second time, from the models' own descriptions.
"""
import json
import os
import pathlib
import sys

import numpy as np
import onnxruntime
from PIL import Image

GOLDEN = pathlib.Path(os.environ.get("LAMINA_GOLDEN") or pathlib.Path(__file__).resolve().parents[2] / "tests" / "golden")
IMAGES = ["data/driving_trapedesveh/train/01.jpg", "data/driving_trapedesveh/train/10.jpg"]
LEAST, OVERLAP, MOST = 0.25, 0.6, 100


def resized(image, side):
    """First along rows, then along columns, as Pillow did before 13, which begins with the side that shrinks."""
    return np.asarray(image.resize((side, image.height), Image.BILINEAR).resize((side, side), Image.BILINEAR), np.float32)


def nanodet(session, image):
    pixels = resized(image, 416)
    x = (pixels[:, :, ::-1] - [103.53, 116.28, 123.675]) / [57.375, 57.12, 58.395]
    outputs = session.run(["792", "814", "836", "795", "817", "839"], {"input.1": x.transpose(2, 0, 1)[None].astype(np.float32)})
    found = []
    for stride, scores, sides in zip((8, 16, 32), outputs[:3], outputs[3:]):
        sides = sides[0].reshape(-1, 4, 8).astype(np.float64)
        shares = np.exp(sides - sides.max(-1, keepdims=True))
        away = (shares / shares.sum(-1, keepdims=True) * np.arange(8)).sum(-1) * stride
        columns = 416 // stride
        for place, label in zip(*np.nonzero(scores[0] >= LEAST)):
            at_x, at_y = (place % columns + 0.5) * stride, (place // columns + 0.5) * stride
            corners = np.array([at_x - away[place, 0], at_y - away[place, 1], at_x + away[place, 2], at_y + away[place, 3]])
            found.append((int(label), float(scores[0][place, label]), corners * [image.width, image.height, image.width, image.height] / 416))
    return found


def fastestdet(session, image):
    x = resized(image, 352)[:, :, ::-1] / 255
    (output,) = session.run(["758"], {"input.1": np.ascontiguousarray(x.transpose(2, 0, 1)[None])})
    found = []
    for row in range(22):
        for column in range(22):
            there, x0, y0, w, h = output[0, :5, row, column].astype(np.float64)
            middle = np.array([(np.tanh(x0) + column) / 22 * image.width, (np.tanh(y0) + row) / 22 * image.height])
            half = np.array([image.width / (1 + np.exp(-w)), image.height / (1 + np.exp(-h))]) / 2
            for label in range(80):
                score = there ** 0.6 * float(output[0, 5 + label, row, column]) ** 0.4
                if score >= LEAST:
                    found.append((label, score, np.concatenate([middle - half, middle + half])))
    return found


def overlap(a, b):
    sides = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
    common = sides.prod() if (sides > 0).all() else 0
    return common / ((a[2:] - a[:2]).prod() + (b[2:] - b[:2]).prod() - common)


def suppressed(found, size):
    kept = []
    for label, score, box in sorted(found, key=lambda one: -one[1]):
        box = np.clip(box, 0, [*size, *size])
        if all(other[0] != label or overlap(other[2], box) <= OVERLAP for other in kept):
            kept.append((label, score, box))
    return [[label, round(score, 6), *(round(float(v), 4) for v in box)] for label, score, box in kept[:MOST]]


def main():
    shared = pathlib.Path(sys.argv[1])
    out = []
    for path, decode in (("models/nanodet-m-coco/nanodet_m.onnx", nanodet), ("models/fastestdet-coco/FastestDet.onnx", fastestdet)):
        session = onnxruntime.InferenceSession(shared / path, providers=["CPUExecutionProvider"])
        for name in IMAGES:
            image = Image.open(shared / name).convert("RGB")
            out.append({"model": path, "image": name, "detections": suppressed(decode(session, image), image.size)})
    (GOLDEN / "vision" / "detectors.json").write_text("[" + ",\n".join(map(json.dumps, out)) + "]\n")
    print([len(one["detections"]) for one in out])


if __name__ == "__main__":
    main()
