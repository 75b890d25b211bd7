"""`python -m tests.bench [names]`: each bench in a process of its own, one table, and the figures kept as JSON.

python -m tests.bench                 all of them
python -m tests.bench latency memory  bench_latency.py and bench_memory.py
"""

import argparse
import importlib
import json
import os
import platform
import subprocess
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from tests.bench import Figure

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
HISTORY = ROOT / "var" / "bench"
LIMIT_S = int(os.environ.get("BENCH_LIMIT_S", "900"))  # a library of a million passages needs more


def main() -> int:
    known = sorted(path.stem.removeprefix("bench_") for path in HERE.glob("bench_*.py"))
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("names", nargs="*", help=", ".join(known))
    parser.add_argument("--only", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.only:
        return _measure_here(chosen.only)
    unknown = set(chosen.names) - set(known)
    if unknown:
        print(f"No such bench: {', '.join(sorted(unknown))}. There are: {', '.join(known) or 'none'}.")
        return 2
    return _run(chosen.names or known)


def _measure_here(name: str) -> int:
    """In the child: figures as JSON lines on the descriptor the parent reads."""
    figures_out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a library prints must not mix with the figures
    for figure in importlib.import_module(f"tests.bench.bench_{name}").measure():
        figures_out.write(json.dumps(asdict(figure)) + "\n")
        figures_out.flush()
    return 0


def _run(names: list[str]) -> int:
    results: dict[str, list[Figure]] = {}
    failed = []
    for name in names:
        print(f"\n{name}", flush=True)
        figures, succeeded = _measure_apart(name)
        results[name] = figures
        for figure in figures:
            print("  " + _line(figure), flush=True)
        if not succeeded:
            failed.append(name)
            print("  FAILED: its message is above", flush=True)
    print(f"\nKept in {_keep(results, failed).relative_to(ROOT)}")
    return 1 if failed else 0


def _measure_apart(name: str) -> tuple[list[Figure], bool]:
    command = [sys.executable, "-m", "tests.bench", "--only", name]
    try:
        ran = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, timeout=LIMIT_S, check=False)
    except subprocess.TimeoutExpired:
        return [], False
    return [Figure(**json.loads(line)) for line in ran.stdout.splitlines()], ran.returncode == 0


def _line(figure: Figure) -> str:
    verdict = {True: "✓", False: "✗", None: " "}[figure.met()]
    target = f"target {figure.target}" if figure.target else ""
    return f"{verdict} {figure.name:<44} {figure.value:>12,.3f} {figure.unit:<10} {target:<20} {figure.note}".rstrip()


def _keep(results: dict[str, list[Figure]], failed: list[str]) -> Path:
    now = datetime.now(UTC)
    HISTORY.mkdir(parents=True, exist_ok=True)
    path = HISTORY / f"{now:%Y%m%dT%H%M%SZ}.json"
    record = {
        "at": now.isoformat(),
        "machine": {"cpus": os.cpu_count(), "processor": platform.processor() or platform.machine()},
        "load_1m": os.getloadavg()[0],
        "figures": {name: [asdict(figure) for figure in figures] for name, figures in results.items()},
        "failed": failed,
    }
    path.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n")
    return path


if __name__ == "__main__":
    sys.exit(main())
