"""Names for the ids in the audit trail, looked up for one page at a time."""

from collections.abc import Iterable
from contextlib import suppress
from typing import Any
from uuid import UUID

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from compliance.errors import KeyDestroyed, SealBroken

_PATIENTS_SEARCHED = 5000  # names lie sealed, so a search opens each


class Directory:
    """Who is meant by `user:<id>`, `patient:<id>`, `system:<process>`, and by a patient's id."""

    def __init__(self, actors: Iterable[str], patient_ids: Iterable[UUID | None]) -> None:
        named = [actor.partition(":") for actor in set(actors)]
        users = [id_ for kind, _colon, id_ in named if kind == "user"]
        patients = {str(id_) for id_ in patient_ids if id_}
        patients.update(id_ for kind, _colon, id_ in named if kind == "patient")
        self._users = {str(user.pk): str(user) for user in get_user_model()._default_manager.filter(pk__in=_ids(users))}
        self._patients = {
            str(patient.pk): short_name(patient) for patient in _all_patients().filter(pk__in=_ids(patients))
        }

    def who(self, actor: str) -> str:
        kind, _colon, id_ = actor.partition(":")
        if kind == "user":
            return self._users.get(id_, _("Someone who has left"))
        if kind == "patient":
            return self.patient(id_)
        if kind == "system":
            return _("Aftercare")
        return _("Somebody who was not signed in")

    def patient(self, patient_id: UUID | str | None) -> str:
        return self._patients.get(str(patient_id), _("a patient who is not on record"))


def short_name(patient: Any) -> str:
    """ "Maria L." — or, once their key is destroyed, that they were erased."""
    try:
        first, *rest = patient.name.split() or [_("A patient")]
    except (KeyDestroyed, SealBroken):
        return _("an erased patient")
    return f"{first} {rest[-1][0]}." if rest else first


def patient(patient_id: UUID) -> Any | None:
    return _all_patients().filter(pk=patient_id).first()


def everybody() -> QuerySet[Any]:
    """All accounts, closed ones too."""
    found: QuerySet[Any] = get_user_model()._default_manager.order_by("last_name", "first_name")
    return found


def find_staff(words: str) -> QuerySet[Any]:
    """Members of staff, past ones too, whose name holds all of `words`."""
    found = get_user_model()._default_manager.all()
    for word in words.split():
        found = found.filter(Q(first_name__icontains=word) | Q(last_name__icontains=word) | Q(username__icontains=word))
    return found.order_by("last_name", "first_name")[:20]


def find_patients(words: str) -> list[Any]:
    """Patients whose name holds all of `words`. Opens sealed names one by one."""
    wanted = words.casefold().split()
    found = []
    for someone in _all_patients().order_by("pk")[:_PATIENTS_SEARCHED].iterator():
        try:
            name = someone.name.casefold()
        except (KeyDestroyed, SealBroken):
            continue
        if wanted and all(word in name for word in wanted):
            found.append(someone)
    return found[:20]


def _all_patients() -> QuerySet[Any]:
    everybody: QuerySet[Any] = apps.get_model(settings.PATIENT_MODEL)._default_manager.all()
    return everybody


def _ids(texts: Iterable[str]) -> list[UUID]:
    """Those of `texts` that are ids: an address may hold anything."""
    found = []
    for text in texts:
        with suppress(ValueError):
            found.append(UUID(text))
    return found
