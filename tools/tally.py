#!/usr/bin/env python3
"""Adds up test reports and prints, as its last line, `N passed, N failed`. The exit status is 0 where nothing failed.

Reads <folder>/ctest.junit, for each program its GoogleTest report <folder>/<program>.xml, and <folder>/pytest.junit. A program without
a report (it crashed, or is no GoogleTest) counts as one test with CTest's verdict.
"""

import argparse
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path


def suite_counts(report: Path) -> tuple[int, list[str], int]:
    """Passed, names of the failed, skipped, of a GoogleTest or JUnit report."""
    passed, failed, skipped = 0, [], 0
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            failed.append(f"{case.get('classname')}.{case.get('name')}")
        elif case.find("skipped") is not None or case.get("status") in ("notrun", "disabled"):
            skipped += 1
        else:
            passed += 1
    return passed, failed, skipped


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--checks", type=int, default=0, help="how many checks ran before the tests")
    parser.add_argument("--failed-checks", type=int, default=0)
    arguments = parser.parse_args()

    passed = arguments.checks - arguments.failed_checks
    failed = ["a check of the sources (above)"] * arguments.failed_checks
    skipped = 0
    ctest = arguments.folder / "ctest.junit"
    programs = ElementTree.parse(ctest).getroot().iter("testcase") if ctest.exists() else []
    for program in programs:
        name, bad = program.get("name", ""), program.get("status") not in ("run", "notrun", "disabled")
        report = arguments.folder / f"{name}.xml"
        counts = suite_counts(report) if report.exists() else (int(not bad), [], 0)
        passed += counts[0]
        failed += counts[1] or ([name] if bad else [])
        skipped += counts[2]
    pytest = arguments.folder / "pytest.junit"
    if pytest.exists():
        counts = suite_counts(pytest)
        passed, failed, skipped = passed + counts[0], failed + counts[1], skipped + counts[2]

    for name in failed:
        print(f"failed: {name}")
    print(f"{passed} passed, {len(failed)} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
