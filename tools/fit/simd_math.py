""
    "Prints the polynomial coefficients of lamina/ops/detail/simd_math-inl.h. Needs NumPy only.

    Minimax fits by iteratively reweighted least squares on Chebyshev nodes; weights make the error relative to the function.
"""
import math

import numpy as np


def nodes(a, b, n=4000):
    return (a + b) / 2 + (b - a) / 2 * np.cos(np.pi * (2 * np.arange(n) + 1) / (2 * n))


def fit(name, x, y, weight, degree):
    powers = np.vander(x, degree + 1, increasing=True)
    emphasis = np.ones_like(x)
    for _ in range(60):
        w = weight * np.sqrt(emphasis)
        coefficients = np.linalg.lstsq(powers * w[:, None], y * w, rcond=None)[0]
        error = np.abs((powers @ coefficients - y) * weight)
        emphasis = emphasis * (error / error.max() + 1e-3)
        emphasis /= emphasis.mean()
    print(f"{name}: error {error.max():.2g}, lowest coefficient first")
    print("  " + ", ".join(f"{np.float32(c):.9g}f" for c in coefficients))


def main():
    r = nodes(-0.3475, 0.3475)
    wide = r.astype(np.longdouble)
    fit("exp(r) = 1 + r + r^2 P(r)", r, ((np.expm1(wide) - wide) / wide**2).astype(float), r * r / np.exp(r), 4)
    f = nodes(-0.2930, 0.4143)
    wide = f.astype(np.longdouble)
    fit("log(1 + f) = f - f^2 / 2 + f^3 P(f)", f, ((np.log1p(wide) - wide + wide**2 / 2) / wide**3).astype(float),
        np.abs(f**3 / np.log1p(f)), 8)
    s = nodes(0, (math.pi / 4 * 1.001) ** 2)
    wide = s.astype(np.longdouble)
    r = np.sqrt(wide)
    fit("sin(r) = r + r^3 P(r^2)", s, ((np.sin(r) - r) / r**3).astype(float), s, 3)
    fit("cos(r) = 1 - r^2 / 2 + r^4 P(r^2)", s, ((np.cos(r) - 1 + wide / 2) / wide**2).astype(float), s * s, 3)
    x = nodes(1e-3, 0.95)
    erf = np.array([math.erf(v) for v in x])
    fit("erf(x) = x + x P(x^2), |x| < 0.93", x * x, erf / x - 1, x / erf, 6)
    t = nodes(0.90, 4.0)
    erfc = np.array([math.erfc(v) for v in t])
    fit("erf(t) = 1 - exp(t P(t)), 0.93 <= t <= 4", t, np.log(erfc) / t, t * erfc / (1 - erfc), 6)


if __name__ == "__main__":
    main()
