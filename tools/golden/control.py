"""Golden file of Keras's control flow: ops/control.npz.

Entries per case ("scan", "scan_reverse", "while", "cond_true", "cond_false"): <case>_in_i, the arguments; <case>_out_i,
the results; <case>_grad_i, gradients of the sum of all floating results times their index plus one, by the arguments.
tests/ops/control_golden_test.cpp writes the same functions down.
"""
from common import keras, normal, np, numbered, rng, save, tf

ENTRIES = {}
ops = keras.ops


def case(name, inputs, f):
    variables = [tf.constant(x) for x in inputs]
    with tf.GradientTape() as tape:
        for x in variables:
            tape.watch(x)
        results = f(*variables)
        loss = sum(ops.sum(y) * (i + 1.0) for i, y in enumerate(results))
    grads = tape.gradient(loss, variables)
    ENTRIES.update(numbered(f"{name}_in", inputs))
    ENTRIES.update(numbered(f"{name}_out", [y.numpy() for y in results]))
    ENTRIES.update(numbered(f"{name}_grad", [g.numpy() for g in grads]))


def cell(reverse):
    def run(init, xs, kernel, recurrent):
        def step(h, x):
            now = ops.tanh(ops.matmul(x, kernel) + ops.matmul(h, recurrent))
            return now, now * now
        return ops.scan(step, init, xs, reverse=reverse)
    return run


def newton(x):
    """Square roots by Newton's method, until all are close."""
    def go_on(root):
        return ops.any(ops.abs(root * root - x) > 1e-3)

    def step(root):
        return (0.5 * (root + x / root),)
    return ops.while_loop(go_on, step, (x,), maximum_iterations=20)


def chosen(pick):
    return lambda x, y: [ops.cond(tf.constant(pick), lambda: ops.sin(x) * y, lambda: x * x - y)]


def main():
    for reverse in (False, True):
        name = "scan_reverse" if reverse else "scan"
        g = rng(name)
        arguments = [normal(g, (2, 3)), normal(g, (6, 2, 4)), normal(g, (4, 3), 0.5), normal(g, (3, 3), 0.5)]
        case(name, arguments, cell(reverse))
    g = rng("while")
    case("while", [np.abs(normal(g, (5,))) + np.float32(0.5)], newton)
    for pick in (True, False):
        name = f"cond_{str(pick).lower()}"
        g = rng(name)
        case(name, [normal(g, (2, 3)), normal(g, (2, 3))], chosen(pick))
    save("ops/control", **ENTRIES)


if __name__ == "__main__":
    main()
