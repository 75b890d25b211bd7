"""Celery tasks: they only hasten or repeat what `manage.py` can do."""

from celery import shared_task

from compliance import sealing


@shared_task(name="compliance.seal")  # type: ignore[untyped-decorator]
def seal() -> int:
    """For a deployment whose worker holds the signing key; otherwise `manage.py seal` runs by itself."""
    return sealing.seal()
