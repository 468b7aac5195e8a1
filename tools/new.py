#!/usr/bin/env python3
"""Writes the skeleton of a new operator, pass or tactic with its test, in the right places.

./dev new-op CumSum                   src/ops/cum_sum.cpp, test/unit/ops/cum_sum_test.cpp
./dev new-pass fold_batchnorm         src/passes/fold_batchnorm.{h,cpp}, test/unit/passes/fold_batchnorm_test.cpp
./dev new-tactic cpu/simd/softmax     src/backends/cpu/simd/softmax.cpp, test/unit/backends/cpu/simd_softmax_test.cpp
"""

import argparse
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VERBS = ("fold", "remove", "fuse", "split", "rewrite", "merge", "hoist")


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def op(name: str) -> tuple[dict[str, str], dict[str, str]]:
    if not re.fullmatch(r"[A-Z][A-Za-z0-9]*", name):
        raise SystemExit(f"{name}: an operator is named like CumSum")
    file = snake(name)
    return {"Name": name, "file": file}, {"op.cpp": f"src/ops/{file}.cpp", "op_test.cpp": f"test/unit/ops/{file}_test.cpp"}


def pass_(name: str) -> tuple[dict[str, str], dict[str, str]]:
    if not re.fullmatch(rf"({'|'.join(VERBS)})_[a-z0-9_]+", name):
        raise SystemExit(f"{name}: a pass is named like fold_batchnorm, its verb one of {', '.join(VERBS)}")
    base = f"src/passes/{name}"
    places = {"pass.h": f"{base}.h", "pass.cpp": f"{base}.cpp", "pass_test.cpp": f"test/unit/passes/{name}_test.cpp"}
    return {"Name": camel(name), "file": name}, places


def tactic(name: str) -> tuple[dict[str, str], dict[str, str]]:
    parts = name.split("/")
    if len(parts) < 2 or not all(re.fullmatch(r"[a-z][a-z0-9_]*", part) for part in parts):
        raise SystemExit(f"{name}: a tactic is named like cpu/simd/softmax")
    if not (ROOT / "src/backends" / parts[0]).is_dir():
        raise SystemExit(f"{name}: there is no backend {parts[0]}")
    # register_<folder>_<file>, where the file lies deeper than the backend's own folder
    own = "_".join(parts[-2:]) if len(parts) > 2 else parts[-1]
    words = {"Name": camel("_".join(parts[1:])), "backend": parts[0], "id": ".".join(parts[1:]), "register": own}
    return words, {"tactic.cpp": f"src/backends/{name}.cpp", "tactic_test.cpp": f"test/unit/backends/{parts[0]}/{own}_test.cpp"}


KINDS = {"op": op, "pass": pass_, "tactic": tactic}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("name")
    arguments = parser.parse_args()
    words, places = KINDS[arguments.kind](arguments.name)

    taken = [place for place in places.values() if (ROOT / place).exists()]
    if taken:
        raise SystemExit(f"already there: {', '.join(taken)}")
    for skeleton, place in places.items():
        text = (ROOT / "tools/skeletons" / skeleton).read_text()
        (ROOT / place).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / place).write_text(re.sub(r"@(\w+)@", lambda match: words[match[1]], text))
        print(place)
    return 0


if __name__ == "__main__":
    sys.exit(main())
