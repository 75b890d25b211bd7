"""Celery tasks: they only hasten or repeat what `manage.py` can do."""

from celery import shared_task
from django.utils import timezone

from compliance import rights, sealing, sweeping, trail_check


@shared_task(name="compliance.tasks.seal")  # type: ignore[untyped-decorator]
def seal() -> int:
    """For a deployment whose worker holds the signing key; otherwise `manage.py seal` runs by itself."""
    return sealing.seal()


@shared_task(name="compliance.tasks.verify")  # type: ignore[untyped-decorator]
def verify() -> bool:
    """Daily, and when an officer asks. The outcome is an event in the trail."""
    return trail_check.check_and_record().ok


@shared_task(name="compliance.tasks.sweep")  # type: ignore[untyped-decorator]
def sweep() -> int:
    """Daily: what has reached its age is removed."""
    return sum(sweeping.sweep(timezone.now()).values())


@shared_task(name="compliance.tasks.carry_out")  # type: ignore[untyped-decorator]
def carry_out() -> int:
    """Every few minutes: erasures that were approved and not finished."""
    return rights.carry_out_all()
