"""Every row about one patient, wherever it lies: found by following keys from the descriptions in `data_map`.

Export, erasure and the retention sweep all go through here.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import QuerySet

from compliance import data_map
from compliance.data_map import About, Description
from compliance.errors import KeyDestroyed, SealBroken
from compliance.fields import SealedField

_HOPS = 4


def tables() -> Iterator[Description]:
    """The tables that hold data about patients."""
    return (one for one in data_map.descriptions().values() if one.about is About.PATIENT)


def path_to_patient(model: type[models.Model]) -> str | None:
    """How `model` leads to a patient's id, as a look-up: "session__patient_id". None if it does not."""
    if model._meta.label == settings.PATIENT_MODEL:
        return "pk"
    paths = [(model, "")]
    for _ in range(_HOPS):
        longer = []
        for current, prefix in paths:
            for column in data_map.columns(current):
                if isinstance(column, models.ForeignKey):
                    target = column.remote_field.model
                    if target._meta.label == settings.PATIENT_MODEL:
                        return f"{prefix}{column.attname}"
                    if target is not current:
                        longer.append((target, f"{prefix}{column.name}__"))
                elif column.name == "patient_id":
                    return f"{prefix}patient_id"
        paths = [(target, prefix) for target, prefix in longer if _is_about_patients(target)]
    return None


def rows(description: Description, patient_id: UUID) -> QuerySet[Any]:
    """Raises `LookupError` if the table cannot be followed to a patient."""
    path = path_to_patient(description.model)
    if path is None:
        raise LookupError(f"{description.label} does not lead to a patient")
    return description.model._default_manager.filter(**{path: patient_id})


def plain(instance: models.Model) -> dict[str, Any]:
    """A row as JSON-ready values, sealed fields opened."""
    return {column.name: _plain_value(instance, column) for column in data_map.columns(type(instance))}


def _plain_value(instance: models.Model, column: models.Field[Any, Any]) -> Any:
    try:
        value = getattr(instance, column.attname)
    except (KeyDestroyed, SealBroken):
        return None
    if isinstance(column, SealedField) or value is None or isinstance(value, (bool, int, float, str, list, dict)):
        return value if not isinstance(value, bytes) else None
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, (bytes, memoryview)):
        return None
    return str(value)


def in_order_of_deletion() -> list[Description]:
    """Tables that point to others come before those they point to."""
    left = {one.model: one for one in tables() if not one.survives_erasure}
    ordered: list[Description] = []
    while left:
        free = [model for model in left if not any(_points_to(other, model) for other in left if other is not model)]
        ordered.extend(left.pop(model) for model in free or list(left)[:1])
    return ordered


def _points_to(model: type[models.Model], target: type[models.Model]) -> bool:
    return any(
        isinstance(column, models.ForeignKey) and column.remote_field.model is target
        for column in data_map.columns(model)
    )


def _is_about_patients(model: type[models.Model]) -> bool:
    found = data_map.descriptions().get(model._meta.label)
    return found is not None and found.about is About.PATIENT
