"""Parts of a patient's page that other apps bring: documents, calls, memory.

The clinic knows nothing of the apps above it; they register a panel when Django
has loaded them (`apps.py`, `ready`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise

from clinic.models import Patient, User
from compliance.access import Role


@dataclass(frozen=True)
class Panel:
    """`template` is included inside a card, with what `context(patient, user)` returns and `patient` itself.

    `place` orders panels, lowest first. Reading what it shows is covered by the page's own audit entry.
    """

    name: str
    title: str | Promise
    template: str
    context: Callable[[Patient, User], Mapping[str, Any]]
    roles: frozenset[Role] = frozenset({Role.CLINICIAN, Role.ADMIN})
    place: int = 50


_panels: dict[str, Panel] = {}


def register(panel: Panel) -> None:
    if panel.name in _panels:
        raise ValueError(f"panel {panel.name} is registered twice")
    _panels[panel.name] = panel


def panels_for(patient: Patient, user: User) -> list[dict[str, Any]]:
    """What the page shows, in order: title, template and the template's context."""
    shown = sorted((panel for panel in _panels.values() if user.role in panel.roles), key=lambda panel: panel.place)
    return [
        {"name": panel.name, "title": panel.title, "template": panel.template, "data": panel.context(patient, user)}
        for panel in shown
    ]
