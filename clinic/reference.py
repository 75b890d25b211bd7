"""The reference pages of the documentation, written from the code. `manage.py write_reference` and tests call it."""

import importlib
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from django.conf import settings
from django.core.management import get_commands, load_command_class

from compliance import audit

FOLDER = Path(settings.BASE_DIR) / "docs" / "reference"
_SETTING = re.compile(r"# (?P<name>[A-Z][A-Z0-9_]+)=(?P<default>\S*)\s*(?:# (?P<remark>.*))?")
_SECTION = re.compile(r"# -- (?P<title>.*?) -*")
_KINDS = {"C": "create", "R": "read", "U": "update", "D": "delete", "E": "execute"}
_OWN_APPS = ("clinic", "compliance", "knowledge", "conversations")


_added: dict[str, Callable[[], str]] = {}


def add_page(name: str, write: Callable[[], str]) -> None:
    """Let an app above write a page of its own."""
    _added[name] = write


def pages() -> dict[str, str]:
    """File name → text."""
    return {
        **{name: write() for name, write in _added.items()},
        "settings.md": _settings(),
        "audit-actions.md": _audit_actions(),
        "commands.md": _commands(),
    }


def documented_settings() -> dict[str, tuple[str, str]]:
    """Name → default and remark, as `.env.example` has them; further comment lines continue a remark."""
    found: dict[str, tuple[str, str]] = {}
    name = ""
    for line in _example():
        setting = _SETTING.fullmatch(line)
        if setting:
            name = setting["name"]
            found[name] = (setting["default"], (setting["remark"] or "").strip())
        elif name and line.startswith("#   "):
            default, remark = found[name]
            found[name] = (default, f"{remark} {line.lstrip('# ')}".strip())
        else:
            name = ""
    return found


def _example() -> list[str]:
    return (Path(settings.BASE_DIR) / ".env.example").read_text().splitlines()


def _settings() -> str:
    known = documented_settings()
    lines = ["# Settings", "", "Written from `.env.example`. Each may be given as `NAME_FILE`, the path of a file."]
    for line in _example():
        section = _SECTION.fullmatch(line)
        setting = _SETTING.fullmatch(line)
        if section:
            title = section["title"]
            lines += ["", f"## {title[0].upper()}{title[1:]}", "", "| setting | default | |", "|---|---|---|"]
        elif setting:
            default, remark = known[setting["name"]]
            lines.append(f"| `{setting['name']}` | {f'`{default}`' if default else ''} | {remark.replace('|', 'or')} |")
    return "\n".join(lines) + "\n"


def audit_actions() -> Mapping[str, audit.Action]:
    """All that any module of ours declares, loaded yet or not."""
    root = Path(settings.BASE_DIR)
    for app in _OWN_APPS:
        for path in sorted((root / app).rglob("*.py")):
            if "audit.action(" in path.read_text():
                importlib.import_module(".".join(path.relative_to(root).with_suffix("").parts))
    return audit.declared()


def _audit_actions() -> str:
    lines = ["# Audit actions", "", "Everything that is recorded, written from the code that records it.", ""]
    lines += ["| action | in words | kind |", "|---|---|---|"]
    for code, action in sorted(audit_actions().items()):
        sentence = action.sentence.replace("{actor}", "*actor*").replace("{patient}", "*patient*")
        lines.append(f"| `{code}` | {sentence} | {_KINDS[action.kind]} |")
    return "\n".join(lines) + "\n"


def _commands() -> str:
    lines = ["# Commands", "", "`.venv/bin/python manage.py COMMAND --help` has the options.", ""]
    lines += ["| command | |", "|---|---|"]
    for name, app in sorted(get_commands().items()):
        if str(app).partition(".")[0] in _OWN_APPS:
            lines.append(f"| `{name}` | {load_command_class(str(app), name).help} |")
    return "\n".join(lines) + "\n"
