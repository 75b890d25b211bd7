"""`python -m tests.exchange`: requests by the thousand to the API and to FHIR, on a database that is thrown away."""

import argparse
import os
import sys

import pytest


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.exchange", description=__doc__)
    parser.add_argument("--api", type=int, default=60, help="requests of each kind to each operation of the API")
    parser.add_argument("--fhir", type=int, default=5000, help="requests to FHIR")
    chosen = parser.parse_args()
    # the tests' settings, and with them Django, are loaded by pytest
    os.environ["FUZZ_EXAMPLES"], os.environ["FHIR_FUZZ_EXAMPLES"] = str(chosen.api), str(chosen.fhir)
    return int(pytest.main(["-q", "-s", "--timeout", "7200", "tests/exchange/test_fuzzing.py"]))


if __name__ == "__main__":
    sys.exit(main())
