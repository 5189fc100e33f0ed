"""`python -m dhis2w_codegen [--check] [--source DIR]`: write every generated file, or say which one is not up to date.

Producers that need DHIS2's own documents (`/api/schemas`, `/api/openapi.json`) read them below `--source`, by default
`../shared/dhis2` beside the checkout; where that folder is absent they are left out, with a word, and the client's
models follow from the committed `distilled.jsonl`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection
from pathlib import Path

from dhis2w_codegen.client_models import client_models, distil
from dhis2w_codegen.operation_indexes import operation_indexes
from dhis2w_codegen.sandbox_page import sandbox_page
from dhis2w_codegen.sandbox_tables import tables

ROOT = Path(__file__).resolve().parents[4]
SANDBOX_TABLES = ROOT / "packages/dhis2w-sandbox/src/dhis2w_sandbox/tables"
DISTILLED = Path(__file__).with_name("distilled.jsonl")
CLIENT_MODELS = ROOT / "packages/dhis2w-client/src/dhis2w_client/models"


def produce(source: Path) -> dict[Path, str]:
    """Every generated file with its text."""
    files: dict[Path, str] = {}
    if source.is_dir():
        files |= {SANDBOX_TABLES / name: text for name, text in tables(source).items()}
        files[DISTILLED] = distil(source)
    else:
        print(f"no {source}: the sandbox's tables and the distilled table are left as they are")
    distilled = files.get(DISTILLED) or DISTILLED.read_text(encoding="utf-8")
    files |= {(CLIENT_MODELS / name).resolve(): text for name, text in client_models(distilled).items()}
    files |= {ROOT / path: text for path, text in operation_indexes().items()}
    files[ROOT / "docs/sandbox-endpoints.md"] = sandbox_page()
    return files


def left_over(files: Collection[Path]) -> list[Path]:
    """Generated modules that nothing produces any more."""
    return sorted(file for file in (CLIENT_MODELS / "generated").glob("*.py") if file not in files)


def main() -> int:
    """Run the command; the exit code is 1 when `--check` finds a file that is not up to date."""
    parser = argparse.ArgumentParser(prog="python -m dhis2w_codegen", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a file is not up to date")
    parser.add_argument("--source", type=Path, default=ROOT.parent / "shared/dhis2", help="folder of DHIS2's documents")
    options = parser.parse_args()
    files = produce(options.source)
    stale = [(file, text) for file, text in files.items() if _read(file) != text]
    for file, text in stale:
        print(("not up to date: " if options.check else "wrote ") + str(file.relative_to(ROOT)))
        if not options.check:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8", newline="\n")
    unwanted = left_over(files)
    for file in unwanted:
        print(("not generated any more: " if options.check else "removed ") + str(file.relative_to(ROOT)))
        if not options.check:
            file.unlink()
    return 1 if options.check and (stale or unwanted) else 0


def _read(file: Path) -> str | None:
    return file.read_text(encoding="utf-8") if file.exists() else None


if __name__ == "__main__":
    sys.exit(main())
