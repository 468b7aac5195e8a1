#!/usr/bin/env python3
"""Checks the rules of the house that no compiler knows, and names file and line of each fault.

- Who may know whom: the rooms of src/ include only what ARCHITECTURE.md allows.
- Size: a source file over 400 lines needs a line with its reason in tools/long_files.txt; over 800 there is none.
- No text holds an absolute path of somebody's machine.
"""

import argparse
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = {".cpp", ".h", ".cuh", ".cu", ".py", ".cmake", ".fbs"}
LONG, TOO_LONG = 400, 800

# A room may include itself, the rooms named here, what those may include, and the public headers.
KNOWS = {
    "base": [],
    "tensor": ["base"],
    "ir": ["tensor"],
    "ops": ["ir"],
    "onnx": ["ops"],
    "passes": ["ops"],
    "tactics": ["ops"],
    "plan": ["tactics"],
    "engine": ["plan"],
    "runtime": ["engine", "passes"],  # engines with open sizes compile for the sizes they meet
    "backends": ["tactics"],
    "precision": ["runtime"],
    "calibration": ["tensor"],
    "capi": ["runtime", "onnx", "passes"],
    "cli": ["runtime", "onnx", "passes", "capi"],
    "": ["precision", "calibration", "onnx", "passes"],  # src/*.cpp: the compiler as one function
}
THIRD_PARTY = {"onnx/onnx.pb.h"}
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"')
MACHINE_PATH = re.compile(r"(?<![\w.$}/:])/(?:home|root|Users|workspace|work)/\w+")


def known_to(room: str) -> set[str]:
    direct = KNOWS[room]
    return {room, *direct}.union(*(known_to(other) for other in direct))


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [Path(line) for line in listed.stdout.splitlines() if (ROOT / line).is_file()]


def include_faults(file: Path, lines: list[str]) -> Iterator[str]:
    parts = file.parts
    if parts[0] == "include":
        place, allowed = "include/burnish", set()
    elif parts[0] == "src":
        room = parts[1] if len(parts) > 2 else ""
        if room not in KNOWS:
            yield f"{file}: src/{room} is no room that tools/check_house.py knows"
            return
        place, allowed = f"src/{room}", known_to(room)
    else:
        return
    for number, line in enumerate(lines, 1):
        match = INCLUDE.match(line)
        if not match or match[1] in THIRD_PARTY or match[1].startswith("burnish/"):
            continue
        target = match[1].split("/")
        if target[0] not in KNOWS or len(target) == 1:
            # Device headers are embedded by their bare names; nothing else is included so.
            if file.suffix != ".cuh" and (ROOT / file.parent / match[1]).exists():
                yield f'{file}:{number}: name "{match[1]}" from src/ on, room first'
        elif target[0] not in allowed:
            yield f"{file}:{number}: {place} may not know {target[0]}"
        elif target[0] == "backends" and target[1] != parts[2]:
            yield f"{file}:{number}: one backend may not know another ({target[1]})"


def length_faults(file: Path, lines: list[str], reasons: dict[str, str]) -> Iterator[str]:
    if file.suffix not in SOURCES:
        return
    if len(lines) > TOO_LONG:
        yield f"{file}: {len(lines)} lines; {TOO_LONG} is the end"
    elif len(lines) > LONG and not reasons.get(str(file)):
        yield f"{file}: {len(lines)} lines; over {LONG} needs a reason in tools/long_files.txt"
    elif len(lines) <= LONG and str(file) in reasons:
        yield f"{file}: no longer long; take its line out of tools/long_files.txt"


def path_faults(file: Path, lines: list[str]) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        match = MACHINE_PATH.search(line)
        if match:
            yield f"{file}:{number}: a path of one machine: {match[0]}"


def long_file_reasons() -> dict[str, str]:
    text = (ROOT / "tools/long_files.txt").read_text().splitlines()
    rows = [line.partition(" ") for line in text if line and not line.startswith("#")]
    return {name: reason.strip() for name, _, reason in rows}


def main() -> int:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    reasons, files, faults = long_file_reasons(), tracked(), []
    for file in files:
        try:
            lines = (ROOT / file).read_text().splitlines()
        except UnicodeDecodeError:
            continue
        faults += [*include_faults(file, lines), *length_faults(file, lines, reasons), *path_faults(file, lines)]
    faults += [f"tools/long_files.txt: {name} is not there" for name in reasons if Path(name) not in files]
    print("\n".join(faults), end="\n" if faults else "")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
