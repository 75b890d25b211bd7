"""Starts the product on a data folder of its own and runs `manage.py load_test` against it.

Called by `scripts/measure_load`.
"""

import argparse
import subprocess
import sys

from tests.stack import ROOT, environment, prepared_folder, started


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--calls", required=True, help="1,2,4: each number of calls is one step")
    parser.add_argument("--turns", default="8", help="that each patient takes at least, in each step")
    parser.add_argument("--height", default="720", help="of the face's picture; 0 is a call without one")
    parser.add_argument("--out", required=True)
    chosen = parser.parse_args()
    most = max(int(part) for part in chosen.calls.split(","))
    more = {"CALL_HOST_CAPACITY": str(most), "CALL_VIDEO_SIZE": chosen.height}
    with prepared_folder() as folder, started(folder, **more) as stack:
        port = int(stack.url.rpartition(":")[2])
        given = ["--calls", chosen.calls, "--turns", chosen.turns, "--out", chosen.out, "--url", stack.url]
        command = [sys.executable, "manage.py", "load_test", *given]
        return subprocess.run(command, cwd=ROOT, env=environment(folder, port, **more), check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
