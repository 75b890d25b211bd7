from collections.abc import Collection
from typing import TYPE_CHECKING
from uuid import UUID

from django.apps import AppConfig

if TYPE_CHECKING:
    from clinic.timeline import Call
    from compliance.models import Purpose


class ConversationsConfig(AppConfig):
    name = "conversations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from clinic import live_calls, reference, timeline
        from compliance import consent
        from conversations import panels
        from conversations.plan_keeper import ClinicPlans
        from knowledge import hooks

        hooks.keep_plans_with(ClinicPlans())
        panels.register()
        live_calls.register(_live)
        consent.when_withdrawn(_withdrawn)
        timeline.register(_record)
        reference.add_page("guardrails.md", _guardrails)
        reference.add_page("capacity.md", _capacity)
        reference.add_page("capacity.svg", _curve)


def _live(session_ids: Collection[UUID]) -> set[UUID]:
    from conversations import sessions  # a quarter of a second, which most processes never need

    return sessions.live(session_ids)


def _withdrawn(patient_id: UUID, purpose: "Purpose") -> None:
    from conversations import noticed

    noticed.remove_withdrawn(patient_id, purpose)


def _record(session_id: UUID) -> "Call | None":
    from conversations import call_record

    return call_record.of_session(session_id)


def _guardrails() -> str:
    from conversations.guardrails import handbook  # loads the lexicon, which only the page and calls need

    return handbook.page()


def _capacity() -> str:
    from conversations.load import measured, report

    return report.handbook(measured.kept())


def _curve() -> str:
    from conversations.load import measured, report

    return report.picture(measured.kept())
