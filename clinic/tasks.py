"""Celery tasks: they only hasten or repeat what `manage.py relay` does."""

from celery import shared_task

from clinic import duties, relay
from compliance import audit

WORKER = audit.Actor("system:worker")


@shared_task(name="clinic.tasks.do_duties")  # type: ignore[untyped-decorator]
def do_duties() -> int:
    with audit.acting_as(WORKER):
        return duties.do_all()


@shared_task(name="clinic.tasks.reconcile")  # type: ignore[untyped-decorator]
def reconcile() -> int:
    with audit.acting_as(WORKER):
        relay.forget_done()
        return duties.reconcile()
