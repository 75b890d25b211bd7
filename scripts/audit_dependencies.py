"""Known vulnerabilities in what is pinned, by pip-audit. `make check` runs this.

Fails on a finding. Without access to the advisory data it says that it checked nothing, and passes.
"""

import json
import subprocess
import sys
from pathlib import Path

REQUIREMENTS = Path(__file__).resolve().parent.parent / "requirements.txt"
PATIENCE_S = 180


def main() -> int:
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(REQUIREMENTS), "--no-deps", "--disable-pip"]
    try:
        ran = subprocess.run(  # noqa: S603  (our own command line)
            [*command, "--format", "json", "--progress-spinner", "off"],
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        dependencies = json.loads(ran.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, ValueError, KeyError):
        return _say("pip-audit: SKIPPED, its advisory data is out of reach.")
    audited = [found for found in dependencies if "skip_reason" not in found]
    vulnerable = [found for found in audited if found["vulns"]]
    if not audited:
        return _say("pip-audit: SKIPPED, its advisory data is out of reach.")
    for found in vulnerable:
        _say(f"{found['name']} {found['version']}: {', '.join(vuln['id'] for vuln in found['vulns'])}")
    _say(f"pip-audit: {len(audited)} of {len(dependencies)} pinned packages audited, {len(vulnerable)} vulnerable.")
    return 1 if vulnerable else 0


def _say(line: str) -> int:
    sys.stdout.write(line + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
