"""The documentation tells everything, and its links lead somewhere."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from django.conf import settings

from clinic import environment, reference
from conversations import metrics

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_every_setting_is_in_the_example_file() -> None:
    assert sorted(environment.asked() - reference.documented_settings().keys()) == []


def test_the_example_file_names_no_setting_that_is_not_one() -> None:
    assert sorted(reference.documented_settings().keys() - environment.asked()) == []


def test_the_example_file_can_be_used_as_it_stands(tmp_path: Path) -> None:
    """Every line uncommented that has a default: Aftercare takes it."""
    lines = re.sub(r"^# (?=[A-Z][A-Z0-9_]+=\S)", "", (ROOT / ".env.example").read_text(), flags=re.MULTILINE)
    demo_only = re.sub(r"^(\w*DATABASE\w*|REDIS_URL)=.*$", "", lines, flags=re.MULTILINE)
    (tmp_path / "example.env").write_text(demo_only)
    ran = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "AFTERCARE_ENV_FILE": str(tmp_path / "example.env"), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("code", sorted(reference.audit_actions()))
def test_every_audit_action_says_what_happened(code: str) -> None:
    action = reference.audit_actions()[code]
    assert action.kind in {"C", "R", "U", "D", "E"}
    assert re.fullmatch(r"[a-z_]+\.[a-z_]+", code)
    assert len(action.sentence.split()) >= 3
    assert set(re.findall(r"\{(\w+)\}", action.sentence)) <= {"actor", "patient"}


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\((?!https?:|mailto:|#)([^)\s#]+)", path.read_text()):
        assert (path.parent / target).exists(), f"{named(path)} links to {target}"


def test_decisions_have_one_number_each() -> None:
    numbers = [path.name[:4] for path in sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))]
    assert numbers == sorted(set(numbers))
    assert all(number.isdigit() for number in numbers)


def test_every_make_target_is_in_its_help() -> None:
    makefile = (ROOT / "Makefile").read_text()
    phony = set(re.findall(r"^\.PHONY: (\w+)", makefile, flags=re.MULTILINE))
    assert phony == set(re.findall(r"^(\w+):.*## ", makefile, flags=re.MULTILINE))


def test_the_documentation_builds(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--site-dir", str(tmp_path / "site")],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr


def test_there_is_one_version() -> None:
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"] == settings.VERSION


@pytest.mark.django_db
def test_every_metric_is_told() -> None:
    page = (ROOT / "docs" / "how-to" / "watch.md").read_text()
    for family in metrics.FAMILIES:
        assert f"`{family().name}" in page
