"""A model may only be used where something covers the patient data sent to it, and where that data may go."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
READ = "import clinic.settings as s; print(s.LLM_REGION, s.DATA_RESIDENCY)"
MODEL = {"LLM_BASE_URL": "https://models.example/v1", "LLM_MODEL": "m", "LLM_COVERED_BY": "baa"}


def read_settings(tmp_path: Path, **given: str) -> subprocess.CompletedProcess[str]:
    ours = {"AFTERCARE_ENV_FILE": os.devnull, "AFTERCARE_DATA": str(tmp_path), "AFTERCARE_MODE": "demo"}
    return subprocess.run(
        [sys.executable, "-c", READ], cwd=ROOT, env={**os.environ, **ours, **given}, capture_output=True, text=True
    )


@pytest.mark.parametrize("region", ["", "us"])
def test_a_model_elsewhere_is_refused(tmp_path, region):
    refused = read_settings(tmp_path, **MODEL, DATA_RESIDENCY="eu", LLM_REGION=region)
    assert refused.returncode != 0
    assert "has to stay in eu" in refused.stderr


def test_a_model_in_a_named_region_is_used(tmp_path):
    read = read_settings(tmp_path, **MODEL, DATA_RESIDENCY="eu,ch", LLM_REGION="ch")
    assert read.returncode == 0, read.stderr
    assert read.stdout.strip() == "ch ['eu', 'ch']"
