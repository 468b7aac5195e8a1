"""The commands `burnish` and `trtexec`: they become the programs that come with the package."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NoReturn


def _program() -> Path:
    package = Path(__file__).parent
    for folder in (package / "bin", package.parent.parent / "bin"):  # installed, and in a build folder
        if (folder / "burnish").is_file():
            return folder / "burnish"
    sys.exit(f"burnish: the program is missing from {package / 'bin'}; install the package again")


def _become(name: str) -> NoReturn:
    os.execv(_program(), [name, *sys.argv[1:]])


def burnish() -> NoReturn:
    _become("burnish")


def trtexec() -> NoReturn:
    _become("trtexec")
