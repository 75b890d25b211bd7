"""Short-lived facts every process must agree on: rate limits and spent one-time codes."""

from django.db import models


class CacheEntry(models.Model):
    key = models.CharField(max_length=250, primary_key=True)
    value = models.JSONField()
    expires_at = models.DateTimeField(null=True, db_index=True)
