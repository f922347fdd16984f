"""Writes tests/golden/face/detections.json and tests/golden/face/umeyama.json: what the face detectors of shared/models find in
photographs of shared/data/face_detection_dlib, by ONNX Runtime or PyTorch and plain NumPy around them, and similarity transforms by
the singular values of Umeyama's paper. Photographs and weights stay where they are; boxes alone are written.

usage: LAMINA_SHARED=DIR python tools/golden/faces.py       with onnxruntime 1.32.0, torch 2.15.0, Pillow 13.0.0, NumPy 2.4.6
"""
import json
import os
import pathlib

import numpy as np
import onnxruntime
import torch
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import load_file

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARED = pathlib.Path(os.environ.get("LAMINA_SHARED", ROOT.parent / "shared"))
OUT = ROOT / "tests/golden/face"
PHOTOS = ["2008_001322.jpg", "2009_004587.jpg"]


def suppressed(boxes, scores, most, smaller=False):
    order, kept = list(np.argsort(-scores, kind="stable")), []
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    for i in order:
        for j in kept:
            w = min(boxes[i, 2], boxes[j, 2]) - max(boxes[i, 0], boxes[j, 0])
            h = min(boxes[i, 3], boxes[j, 3]) - max(boxes[i, 1], boxes[j, 1])
            shared = max(w, 0) * max(h, 0)
            if shared / (min(areas[i], areas[j]) if smaller else areas[i] + areas[j] - shared) > most:
                break
        else:
            kept.append(i)
    return kept


def priors():
    for stride, sides in ((8, (10, 16, 24)), (16, (32, 48)), (32, (64, 96)), (64, (128, 192, 256))):
        for row in range(-(-240 // stride)):
            for column in range(-(-320 // stride)):
                for side in sides:
                    yield (column + .5) * stride / 320, (row + .5) * stride / 240, side / 320, side / 240


def by_priors(session, image, landmarks):
    """In one pass, the photograph in the upper left corner of 320 x 240 pixels."""
    p = np.array(list(priors()))
    k = min(320 / image.width, 240 / image.height)
    w, h = round(image.width * k), round(image.height * k)
    x = np.zeros((240, 320, 3), np.float32)
    x[:h, :w] = np.asarray(image.resize((w, h), Image.BILINEAR))
    x = x[:, :, ::-1] - np.array([104, 117, 123], np.float32) if landmarks else (x - 127) / 128
    said = session.run(None, {session.get_inputs()[0].name: np.ascontiguousarray(x.transpose(2, 0, 1))[None].astype(np.float32)})
    said = {value.shape[2]: value[0].astype(float) for value in said}
    to = np.array([320 / w * image.width, 240 / h * image.height])
    middle, size = p[:, :2] + .1 * said[4][:, :2] * p[:, 2:], p[:, 2:] * np.exp(.2 * said[4][:, 2:])
    boxes, scores = np.concatenate([(middle - size / 2) * to, (middle + size / 2) * to], 1), said[2][:, 1]
    sure = np.where(scores > .7)[0]
    kept = sure[suppressed(boxes[sure], scores[sure], .3)]
    points = (p[:, None, :2] + .1 * said[10].reshape(-1, 5, 2) * p[:, None, 2:]) * to if landmarks else None
    return [(boxes[i], scores[i], points[i] if landmarks else None) for i in kept]


class Mtcnn:
    """The three networks; their weights are those of pictures turned about the diagonal."""

    def __init__(self, path):
        self.w = load_file(path)

    def conv(self, x, name, slope):
        x = F.conv2d(x, self.w[name + "/weights"].permute(3, 2, 1, 0), self.w[name + "/bias"])
        return F.prelu(x, self.w[slope]) if slope else x

    def dense(self, x, name):
        return x @ self.w[name + "/weights"] + self.w[name + "/bias"]

    def proposals(self, x):
        x = F.max_pool2d(self.conv(x, "pnet/conv1", "pnet/prelu1_alpha"), 2, 2, ceil_mode=True)
        x = self.conv(self.conv(x, "pnet/conv2", "pnet/prelu2_alpha"), "pnet/conv3", "pnet/prelu3_alpha")
        return torch.softmax(self.conv(x, "pnet/conv4_1", None), 1)[:, 1], self.conv(x, "pnet/conv4_2", None)

    def body(self, x, part, sizes):
        for i, size in enumerate(sizes, 1):
            x = self.conv(x, f"{part}/conv{i}", f"{part}/prelu{i}_alpha")
            x = F.max_pool2d(x, size, 2, ceil_mode=True) if size else x
        x = self.dense(x.permute(0, 3, 2, 1).flatten(1), part + "/fc1")
        return F.prelu(x, self.w[f"{part}/prelu{len(sizes) + 1}_alpha"])

    def refinement(self, x):
        x = self.body(x, "rnet", (3, 3, 0))
        return torch.softmax(self.dense(x, "rnet/fc2_1"), 1)[:, 1], self.dense(x, "rnet/fc2_2")

    def output(self, x):
        x = self.body(x, "onet", (3, 3, 2, 0))
        return torch.softmax(self.dense(x, "onet/fc2_1"), 1)[:, 1], self.dense(x, "onet/fc2_2"), self.dense(x, "onet/fc2_3")


def tensor(image):
    return torch.tensor((np.asarray(image).astype(np.float32) - 127.5) / 128).permute(2, 0, 1)


def crops(image, boxes, side):
    return torch.stack([tensor(image.crop([int(np.floor(v + .5)) for v in box]).resize((side, side), Image.BILINEAR)) for box in boxes])


def moved(boxes, by):
    size = boxes[:, 2:] - boxes[:, :2]
    return boxes + by * np.concatenate([size, size], 1)


def square(boxes):
    middle, half = (boxes[:, :2] + boxes[:, 2:]) / 2, (boxes[:, 2:] - boxes[:, :2]).max(1, keepdims=True) / 2
    return np.concatenate([middle - half, middle + half], 1)


@torch.no_grad()
def by_mtcnn(net, image):
    boxes, scores, moves, scale = [], [], [], 12 / 20
    while min(image.size) * scale >= 12:
        size = [int(np.ceil(v * scale)) for v in image.size]
        share, move = (v[0].numpy().astype(float) for v in net.proposals(tensor(image.resize(size, Image.BILINEAR))[None]))
        rows, columns = np.where(share > .6)
        box = np.stack([2 * columns, 2 * rows, 2 * columns + 12, 2 * rows + 12], 1) / scale
        kept = suppressed(box, share[rows, columns], .5)
        boxes.append(box[kept])
        scores.append(share[rows, columns][kept])
        moves.append(move[:, rows, columns].T[kept])
        scale *= .709
    boxes, scores, moves = (np.concatenate(v) for v in (boxes, scores, moves))
    kept = suppressed(boxes, scores, .7)
    boxes = square(moved(boxes[kept], moves[kept]))
    share, move = (v.numpy().astype(float) for v in net.refinement(crops(image, boxes, 24)))
    boxes, share, move = boxes[share > .7], share[share > .7], move[share > .7]
    boxes = moved(boxes, move)
    kept = suppressed(boxes, share, .7)
    boxes = square(boxes[kept])
    share, move, points = (v.numpy().astype(float) for v in net.output(crops(image, boxes, 48)))
    boxes, share, move, points = (v[share > .7] for v in (boxes, share, move, points))
    size = boxes[:, 2:] - boxes[:, :2]
    points = np.stack([boxes[:, :1] + points[:, :5] * size[:, :1], boxes[:, 1:2] + points[:, 5:] * size[:, 1:]], 2)
    boxes = moved(boxes, move)
    kept = suppressed(boxes, share, .7, smaller=True)
    kept = [kept[i] for i in suppressed(boxes[kept], share[kept], .3)]
    return [(boxes[i], share[i], points[i]) for i in kept]


def umeyama(source, target):
    """By singular values, as in the paper."""
    ms, mt = source.mean(0), target.mean(0)
    u, d, v = np.linalg.svd((target - mt).T @ (source - ms) / len(source))
    sign = np.array([1, np.sign(np.linalg.det(u) * np.linalg.det(v))])
    turn = u @ np.diag(sign) @ v
    scale = (d * sign).sum() / ((source - ms) ** 2).sum(1).mean()
    return scale * turn, mt - scale * turn @ ms


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    quiet = onnxruntime.SessionOptions()
    quiet.log_severity_level = 3
    models = SHARED / "models"
    sessions = [onnxruntime.InferenceSession(str(models / name), quiet) for name in
                ("ultraface-slim-320/version-slim-320_simplified.onnx", "face-detector-landmark5/face-slim-landmark5.onnx")]
    net = Mtcnn(models / "face-api-tfjs/mtcnn.safetensors")
    kinds = {"ultraface": lambda image: by_priors(sessions[0], image, False),
             "landmark5": lambda image: by_priors(sessions[1], image, True), "mtcnn": lambda image: by_mtcnn(net, image)}
    detections = {kind: {} for kind in kinds}
    for photo in PHOTOS:
        image = Image.open(SHARED / "data/face_detection_dlib" / photo).convert("RGB")
        for kind, find in kinds.items():
            detections[kind][photo] = faces = []
            for box, score, points in find(image):
                faces.append({"score": round(float(score), 6), "box": [round(float(v), 3) for v in box]})
                if points is not None:
                    faces[-1]["landmarks"] = [round(float(v), 3) for v in points.ravel()]
    (OUT / "detections.json").write_text(json.dumps(detections, indent=1) + "\n")
    random, cases = np.random.default_rng(1), []
    for n in (2, 3, 5, 5):
        source, target = random.normal(size=(n, 2)) * 20, random.normal(size=(n, 2)) * 30
        if len(cases) == 3:
            target = source * [-1, 1]  # a mirror image, which no rotation gives
        turn, shift = umeyama(source, target)
        cases.append({"from": source.ravel().tolist(), "to": target.ravel().tolist(), "a": turn[0, 0], "b": turn[1, 0],
                      "dx": shift[0], "dy": shift[1]})
    (OUT / "umeyama.json").write_text(json.dumps(cases, indent=1) + "\n")


if __name__ == "__main__":
    main()
