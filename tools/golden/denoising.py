"""OpenCV's denoisers: image/denoising.npz. Needs opencv-python-headless and numpy alone.

Entries: grey, colour (uint8 images); cases (JSON): name, input, function, options; <name>: the result.
"""
import json
import pathlib

import cv2
import numpy as np

TARGET = pathlib.Path(__file__).resolve().parents[2] / "tests" / "golden" / "image" / "denoising.npz"


def main():
    cv2.ipp.setUseIPP(False)  # Intel's closed library, which some builds hold, cuts bilateral greys instead of rounding
    generator = np.random.default_rng(9)
    y, x = np.mgrid[0:21, 0:27]
    scene = np.stack([6 * y + 3 * x, 200 - 5 * x + 40 * (y > 10), 90 * (x > 13) + 60], -1).astype(float)
    colour = np.clip(scene + generator.normal(0, 14, scene.shape), 0, 255).astype(np.uint8)
    images = {"colour": colour, "grey": colour[..., :1].copy()}
    arrays, cases = dict(images), []

    def case(function, result, image, **options):
        name = f"case_{len(cases)}"
        cases.append({"name": name, "input": image, "function": function, "options": options})
        arrays[name] = result.reshape(images[image].shape)

    for image, pixels in images.items():
        for size in (1, 3, 5, 9):
            case("median", cv2.medianBlur(pixels, size), image, size=size)
        for size, sigma in ((3, 0), (5, 0), (7, 0), (9, 0), (13, 0), (5, 1.3), (11, 2.5), (0, 0.8), (0, 3.0)):
            case("gaussian", cv2.GaussianBlur(pixels, (size, size), sigma), image, size=size, sigma=sigma)
        for d, color, space in ((5, 50, 50), (9, 20, 3), (0, 80, 2), (3, 150, 1)):
            case("bilateral", cv2.bilateralFilter(pixels, d, color, space), image, d=d, sigma_color=color, sigma_space=space)
        for h, near, far in ((3, 7, 21), (14, 7, 21), (10, 3, 9), (20, 5, 11)):
            case("non_local_means", cv2.fastNlMeansDenoising(pixels, None, h, near, far), image, h=h, near=near, far=far)
    text = json.dumps({"cases": cases, "opencv": cv2.__version__})
    np.savez_compressed(TARGET, cases=np.frombuffer(text.encode(), np.uint8), **arrays)


if __name__ == "__main__":
    main()
