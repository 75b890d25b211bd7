"""What the documentation claims about safety rests on files and tests that exist."""

import ast
import re
from pathlib import Path

import pytest
from django.db import migrations
from django.db.migrations.loader import MigrationLoader

ROOT = Path(__file__).resolve().parent.parent
PAGES = ("safeguards", "safety-case")
OURS = {"clinic", "compliance", "knowledge", "conversations"}
BEFORE_THE_FIRST_VERSION = {"compliance.0005_consent_in_order"}
BREAKING = (migrations.RenameField, migrations.RenameModel, migrations.RemoveField, migrations.DeleteModel)


def named(page: str) -> list[str]:
    """Files, and tests in them, that a page names in its tables."""
    text = (ROOT / "docs" / "explanation" / f"{page}.md").read_text()
    rows = [line for line in text.splitlines() if line.startswith("|")]
    return sorted({found for row in rows for found in re.findall(r"`([\w./-]+/[\w./-]+(?:::\w+)?)`", row)})


@pytest.mark.parametrize("page", PAGES)
def test_what_a_claim_rests_on_exists(page: str) -> None:
    names = named(page)
    assert len(names) > 20
    missing = []
    for name in names:
        path, _, function = name.partition("::")
        source = (ROOT / path).read_text() if (ROOT / path).is_file() else None
        if source is None or (function and function not in functions(source)):
            missing.append(name)
    assert missing == []


@pytest.mark.parametrize("page", PAGES)
def test_every_safeguard_names_its_test(page: str) -> None:
    text = (ROOT / "docs" / "explanation" / f"{page}.md").read_text()
    rows = [line for line in text.splitlines() if line.startswith("| 1") or line.startswith("| Art.")]
    assert rows
    assert [row for row in rows if "tests/" not in row and "make " not in row and "Art. 35" not in row] == []


def test_migrations_only_expand_unless_they_say_so() -> None:
    """Two versions run side by side for a while: what the older one reads may go only in a later version.

    A migration that takes something away says in its docstring which version stopped reading it.
    """
    silent = []
    for (app, name), migration in MigrationLoader(None).disk_migrations.items():
        takes_away = any(isinstance(operation, BREAKING) for operation in migration.operations)
        if app in OURS and takes_away and "stopped reading" not in says(app, name):
            silent.append(f"{app}.{name}")
    assert set(silent) <= BEFORE_THE_FIRST_VERSION


def says(app: str, name: str) -> str:
    return ast.get_docstring(ast.parse((ROOT / app / "migrations" / f"{name}.py").read_text())) or ""


def functions(source: str) -> set[str]:
    nodes = ast.walk(ast.parse(source))
    return {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
