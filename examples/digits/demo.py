#!/usr/bin/env python3
"""Reads handwritten digits with Burnish: from the ONNX file to labels, accuracy, speed, and why each kernel was chosen.

    ./dev demo        (builds first)

Runs trtexec on all test images at once and needs nothing beyond Python's standard library.
"""

import argparse
import json
import shlex
import struct
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SIDE, CLASSES = 8, 10
SHADES = " .:-=+*#%@"


def shown(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def run(*command: object) -> str:
    """Runs a command, shows it as one would type it, and returns what it prints; its failure is ours, in its own words."""
    words = [str(word) for word in command]
    print("$", shlex.join(words), flush=True)
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        print(done.stdout + done.stderr, file=sys.stderr)
        raise SystemExit(f"{words[0]} failed with status {done.returncode}")
    return done.stdout


def drawing(pixels: tuple[float, ...]) -> list[str]:
    """One image as lines of text, two characters to a pixel, which is about square in a terminal."""
    rows = [pixels[start : start + SIDE] for start in range(0, len(pixels), SIDE)]
    return ["".join(2 * SHADES[min(int(value * len(SHADES)), len(SHADES) - 1)] for value in row) for row in rows]


def draw(images: list[tuple[float, ...]], captions: list[str]) -> None:
    for line in zip(*(drawing(image) for image in images), strict=True):
        print("  ".join(line).rstrip())
    print("  ".join(caption.center(2 * SIDE) for caption in captions).rstrip())


def between(text: str, begin: str, lines: int) -> str:
    """The part of a log from a headline on."""
    rows = text.splitlines()
    first = next((i for i, row in enumerate(rows) if begin in row), len(rows))
    return "\n".join(rows[first : first + lines])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=Path, default=ROOT / "build/release/bin", help="where trtexec and burnish are")
    parser.add_argument("--draw", type=int, default=5, help="how many digits to draw")
    parser.add_argument("--seconds", type=float, default=1, help="how long to measure")
    parser.add_argument("flags", nargs="*", help="further flags for trtexec, after --")
    arguments = parser.parse_args()

    stored = json.loads((HERE / "accuracy.json").read_text())
    labels = (HERE / "test_labels.bin").read_bytes()
    count, size = len(labels), SIDE * SIDE
    floats = struct.unpack(f"<{count * size}f", (HERE / "test_images.bin").read_bytes())
    images = [floats[start : start + size] for start in range(0, len(floats), size)]
    scratch = ROOT / "build/demo"
    scratch.mkdir(parents=True, exist_ok=True)
    engine, result = scratch / "digits.engine", scratch / "digits.json"

    log = run(
        shown(arguments.bin / "trtexec"),
        f"--onnx={shown(HERE / 'digits.onnx')}",
        f"--saveEngine={shown(engine)}",
        f"--shapes=input:{count}x1x{SIDE}x{SIDE}",
        f"--loadInputs=input:{shown(HERE / 'test_images.bin')}",
        f"--exportOutput={shown(result)}",
        f"--duration={arguments.seconds:g}",
        *arguments.flags,
    )
    values = next(output["values"] for output in json.loads(result.read_text()) if output["name"] == "probabilities")
    if len(values) != count * CLASSES:
        raise SystemExit(f"{shown(result)}: {len(values)} values, expected {count * CLASSES}")
    rows = [[float(value) for value in values[start : start + CLASSES]] for start in range(0, len(values), CLASSES)]
    read = [row.index(max(row)) for row in rows]

    print()
    wrong = [i for i in range(count) if read[i] != labels[i]]
    picks = list(range(arguments.draw))
    draw([images[i] for i in picks], [f"{read[i]} ({rows[i][read[i]]:.0%})" for i in picks])
    correct = count - len(wrong)
    print(f"\n{correct} of {count} unseen digits read right: {correct / count:.2%} (after training: {stored['accuracy']:.2%})")
    for i in wrong[:3]:
        print(f"  image {i}: a {labels[i]}, read as {read[i]}")

    print("\n" + between(log, "=== Performance summary ===", 9) + "\n")
    print("\n".join(run(shown(arguments.bin / "burnish"), "explain", shown(engine)).splitlines()[:40]))

    if abs(correct - stored["correct"]) > 1:  # one image may lie on the border between two digits
        print(f"\nThe network read {stored['correct']} right after training: this build computes something else.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
