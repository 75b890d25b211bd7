"""One of two hosts is cut off in the middle of a call. `make two_hosts` tells how long its patients were away."""

import os
import subprocess
import sys

import pytest

from tests.faults.two_hosts import NOT_ALLOWED
from tests.stack import ROOT

pytestmark = [
    pytest.mark.alone,
    pytest.mark.timeout(900),
    pytest.mark.skipif("FAULTS" not in os.environ, reason="make faults"),
]


def test_the_patients_of_a_host_that_is_cut_off_are_back_on_the_other_within_ten_seconds() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "tests.faults.two_hosts"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    print(ran.stdout)
    if ran.returncode == NOT_ALLOWED:
        pytest.skip(ran.stdout)
    assert ran.returncode == 0, ran.stdout + ran.stderr
