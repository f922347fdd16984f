"""What bench/compare and bench/figures share: where the peers are, how a program is run, which of two figures is better."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent


def add_places(parser, required):
    parser.add_argument("--peers", required=required, type=pathlib.Path, metavar="DIR",
                        help="holds keras_peer.py and torch_peer.py")
    parser.add_argument("--envs", required=required, type=pathlib.Path, metavar="DIR",
                        help="holds the virtual environments tf/ and torch/")
    parser.add_argument("--lamina", type=pathlib.Path, default=ROOT / "build/release/bin/lamina", metavar="PROGRAM",
                        help="default: this tree's release build")


def peers(options):
    """Name, command line up to the model, extra environment; only those whose environment is there."""
    if not options.peers or not options.envs:
        return []
    tf, torch = options.envs / "tf/bin/python", options.envs / "torch/bin/python"
    keras_script, torch_script = options.peers / "keras_peer.py", options.peers / "torch_peer.py"
    found = []
    if tf.exists():
        found.append(("Keras on TensorFlow", [tf, keras_script], {"KERAS_BACKEND": "tensorflow"}))
    if torch.exists():
        if next(torch.parent.parent.glob("lib/python*/site-packages/jax"), None):
            found.append(("Keras on JAX", [torch, keras_script], {"KERAS_BACKEND": "jax"}))
        found.append(("PyTorch", [torch, torch_script], {}))
    return found


def run(command, extra, folder=None):
    """The last line of the program's output, as JSON, with the peak of its memory as `child_peak_mb` and the time from its
    start to its end as `wall_s`; None when it fails (its complaint goes to standard error)."""
    start = time.monotonic()
    command = [str(word) for word in command]
    with tempfile.TemporaryFile("w+") as complaint:
        child = subprocess.Popen(command, env={**os.environ, **extra}, cwd=folder, text=True, stdout=subprocess.PIPE,
                                 stderr=complaint)
        try:
            output = child.stdout.read()
            _, status, usage = os.wait4(child.pid, 0)  # Popen.wait would not tell what the child used
            wall = time.monotonic() - start
            child.returncode = os.waitstatus_to_exitcode(status)
        finally:
            child.kill()  # does nothing to one that has ended
            child.wait()
            child.stdout.close()
        try:
            if child.returncode == 0:
                return {**json.loads(output.strip().splitlines()[-1]), "child_peak_mb": usage.ru_maxrss / 1024,
                        "wall_s": wall}
            reason = f"status {child.returncode}"
        except (IndexError, ValueError):
            reason = "its last line is not JSON"
        complaint.seek(0)
        print(f"failed ({reason}): {' '.join(command)}\n{complaint.read()[-500:].rstrip()}", file=sys.stderr)
        return None


def better(old, new, more_is_better):
    if old is None or new is None:
        return new if old is None else old
    return max(old, new) if more_is_better else min(old, new)
