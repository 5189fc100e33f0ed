#!/usr/bin/env python3
"""Measure everything that has a budget, print the ratios, and write `docs/benchmarks.md`.

    bench.py [--print-only]

Each `packages/*/bench/*.py` that ends with `sys.exit(main())` prints rows `what  ratio  limit …` against a floor in the
same run.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs/benchmarks.md"
LIBRARIES = ("httpx2", "pydantic", "orjson", "starlette")


def main() -> int:
    """Run the command; exits 1 when a row is over its limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--print-only", action="store_true", help="leave docs/benchmarks.md as it is")
    options = parser.parse_args()
    scripts = [
        file for file in sorted(ROOT.glob("packages/*/bench/*.py")) if "sys.exit(main())" in file.read_text("utf-8")
    ]
    sections: list[str] = []
    failed = False
    for script in scripts:
        name = script.relative_to(ROOT).as_posix()
        print(f"== {name}", flush=True)
        done = subprocess.run([sys.executable, str(script)], stdout=subprocess.PIPE, text=True, check=False)
        print(done.stdout)
        failed |= done.returncode != 0
        sections.append(f"## {name}\n\n```text\n{done.stdout.rstrip()}\n```\n")
    if not options.print_only:
        PAGE.write_text(_page(sections), encoding="utf-8", newline="\n")
        print(f"wrote {PAGE.relative_to(ROOT)}")
    return 1 if failed else 0


def _page(sections: list[str]) -> str:
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    machine = f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}; Python {platform.python_version()}"
    return (
        "# Benchmarks\n\nWritten by `make bench`. Every figure is a ratio against a floor that was measured in the same"
        " run, because machines differ\nand are shared; what each loop touches is said beside it.\n\n"
        f"Machine: {machine}. Libraries: {libraries}.\n\n" + "\n".join(sections)
    )


if __name__ == "__main__":
    sys.exit(main())
