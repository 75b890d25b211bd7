"""What a clinician found who looked at a call again."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, models

from compliance.fields import EncryptedTextField
from conversations.models.sessions import Session


class CallReview(models.Model):
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="reviews")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    missed = models.BooleanField()  # something that should have been passed on was not
    untrue = models.BooleanField()
    manner = models.PositiveSmallIntegerField()  # 1 to 5
    note = EncryptedTextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["session", "reviewer"], name="one_review_a_clinician")]

    def save(self, *args: Any, **options: Any) -> None:
        """The note is sealed in its place, which the row's number names: so the number comes first."""
        if self._state.adding:
            self.pk = _next_number()
        super().save(*args, **options)

    def sealed_for(self) -> UUID:
        return self.session.patient_id


def _next_number() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id'))", [CallReview._meta.db_table])
        return int(cursor.fetchone()[0])
