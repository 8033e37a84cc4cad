"""Ask for known weaknesses of what is installed (`make audit`): needs the network, so it is no part of `make check`.

It ends with 0 where every package was asked about and nothing is known against any, with 1 where something is, and
with 2 where it could not ask: silence is no answer. pip-audit alone ends with 0 when its source knows no package.
"""

import json
import os
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from click import echo

TOOL = "pip-audit==2.10.1"
FOLDER = Path(".venv/audit")
"""The tool lives apart: what it needs is nothing of the product's."""


def main() -> int:
    """Audit, and say in one line how it went."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    if not (FOLDER / "pip_audit").is_dir():
        subprocess.run([*pip, "install", "--target", str(FOLDER), TOOL], check=True)
    installed = sorted({f"{found.name}=={found.version}" for found in distributions()}, key=str.lower)
    # One package first: where the source cannot be asked, it is not asked a hundred times.
    for listed in ([line for line in installed if line.lower().startswith("flask==")], installed):
        answers = _ask(listed)
        silent = [one["name"] for one in answers if "skip_reason" in one]
        if not answers or silent:
            said = f"the source says nothing of {', '.join(silent)}" if silent else "the source does not answer"
            echo(f"NOT AUDITED: {said}. Ask again where it can be reached; nothing is known either way.")
            return 2
    weak = [(one, flaw) for one in answers for flaw in one["vulns"]]
    for one, flaw in weak:
        echo(f"{one['name']} {one['version']}: {flaw['id']}, mended in {', '.join(flaw['fix_versions']) or '—'}")
    echo(f"{len(answers)} packages asked about, {len(weak)} known weaknesses")
    return 1 if weak else 0


def _ask(listed: list[str]) -> list[dict[str, Any]]:
    frozen = FOLDER / "installed.txt"
    frozen.write_text("\n".join(listed) + "\n")
    asked = subprocess.run(
        [sys.executable, "-m", "pip_audit", "--format", "json", "--progress-spinner", "off", "--no-deps",
         "--disable-pip", "--timeout", "15", "-r", str(frozen)],
        capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(FOLDER)},
    )  # fmt: skip
    try:
        return list(json.loads(asked.stdout)["dependencies"])
    except (ValueError, KeyError):
        return []


if __name__ == "__main__":
    sys.exit(main())
