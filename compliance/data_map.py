"""What every stored field is, about whom, why it is kept and for how long.

Each app describes its own models in its `data_map.py`. A test fails for a field
nobody classified; export, erasure, the retention sweep and the record of processing
activities (GDPR Art. 30) all work from these descriptions, so a new table cannot be
left out of any of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any

from django.apps import apps
from django.db import models
from django.utils.module_loading import autodiscover_modules

from compliance.fields import SealedField


class About(StrEnum):
    """Whose data a table holds."""

    PATIENT = "patients"
    STAFF = "staff"
    NOBODY = "nobody"


class Kind(StrEnum):
    IDENTITY = "who somebody is and how to reach them"
    HEALTH = "health"
    WORDS = "what somebody said or wrote"
    DERIVED = "computed from health data"
    CARE_DATE = "dates of care"
    PREFERENCE = "preferences"
    CODE = "codes and states"
    TECHNICAL = "technical"
    SECRET = "keys, password hashes and tokens"  # noqa: S105
    REFERENCE = "references"
    TIME = "times"
    COUNT = "numbers"


MUST_BE_SEALED = frozenset({Kind.IDENTITY, Kind.HEALTH, Kind.WORDS})
YEAR = timedelta(days=365.25)

# What a field of these types can hold needs no word: keys point, clocks tell, counters count.
_BY_TYPE: tuple[tuple[type[models.Field[Any, Any]], Kind], ...] = (
    (models.ForeignKey, Kind.REFERENCE),
    (models.UUIDField, Kind.REFERENCE),
    (models.AutoField, Kind.REFERENCE),
    (models.BigAutoField, Kind.REFERENCE),
    (models.DateTimeField, Kind.TIME),
    (models.BooleanField, Kind.COUNT),
    (models.IntegerField, Kind.COUNT),
    (models.FloatField, Kind.COUNT),
)


@dataclass(frozen=True)
class Description:
    """`keep_for` counts from the field `dated`; None means that another rule ends it, which `why_kept` names."""

    label: str
    about: About
    purpose: str
    fields: Mapping[str, Kind] = field(default_factory=dict)
    keep_for: timedelta | None = None
    dated: str = ""
    why_kept: str = ""
    survives_erasure: bool = False
    when_removed: Callable[[Any], None] | None = None  # for what lies outside the table, such as a file

    @property
    def model(self) -> type[models.Model]:
        return apps.get_model(self.label)

    @property
    def words_kept(self) -> str:
        """ "10 years", "90 days"."""
        days = self.keep_for.days if self.keep_for else 0
        return f"{round(days / YEAR.days)} years" if days >= 2 * YEAR.days else f"{days} days"

    def kind_of(self, name: str) -> Kind | None:
        """What the field holds, or None if nobody said."""
        if name in self.fields:
            return self.fields[name]
        found = self.model._meta.get_field(name)
        if getattr(found, "choices", None):
            return Kind.CODE
        return next((kind for type_, kind in _BY_TYPE if isinstance(found, type_)), None)


_descriptions: dict[str, Description] = {}


def describe(label: str, about: About, purpose: str, **more: Any) -> None:
    """Raises `ValueError` if the model is described twice."""
    if label in _descriptions:
        raise ValueError(f"{label} is described twice")
    _descriptions[label] = Description(label, about, purpose, **more)


def discover() -> None:
    """Import each app's `data_map`. Called once, when all models are known."""
    autodiscover_modules("data_map")


def descriptions() -> Mapping[str, Description]:
    return _descriptions


def columns(model: type[models.Model]) -> Iterator[models.Field[Any, Any]]:
    """The fields that are columns of the model's table."""
    return (
        found
        for found in model._meta.get_fields()
        if isinstance(found, models.Field) and not found.many_to_many and found.column
    )


def shortcomings() -> list[str]:
    """What is not described, or not as it must be. Empty in a healthy tree."""
    found = []
    for model in apps.get_models(include_auto_created=False):
        description = _descriptions.get(model._meta.label)
        if description is None:
            found.append(f"{model._meta.label} is not described in {model._meta.app_label}/data_map.py")
            continue
        found += [f"{model._meta.label}.{name} {problem}" for name, problem in _faults(description)]
    return found


def _faults(description: Description) -> Iterator[tuple[str, str]]:
    names = {column.name for column in columns(description.model)}
    for name in set(description.fields) - names:
        yield name, "is described, but no such field exists"
    for column in columns(description.model):
        kind = description.kind_of(column.name)
        if kind is None:
            yield column.name, "is not classified"
        elif description.about is About.PATIENT and kind in MUST_BE_SEALED and not isinstance(column, SealedField):
            yield column.name, f"holds {kind.value} of a patient and is not sealed"
    if description.about is About.PATIENT and not (description.keep_for or description.why_kept):
        yield "*", "has no retention"
    if description.keep_for and description.dated not in names:
        yield description.dated or "*", "is not a field to count the retention from"
