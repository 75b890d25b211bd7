"""Keeps wrapped patient keys in a database of their own (`keys`)."""

from typing import Any


def _apart(model: Any) -> bool:
    return bool(model._meta.label_lower == "compliance.patientkey")


class KeysApart:
    def db_for_read(self, model: Any, **hints: Any) -> str | None:
        return "keys" if _apart(model) else None

    db_for_write = db_for_read

    def allow_migrate(self, db: str, app_label: str, model_name: str | None = None, **hints: Any) -> bool | None:
        belongs_to_keys = app_label == "compliance" and model_name == "patientkey"
        if db == "keys":
            return belongs_to_keys
        return False if belongs_to_keys else None
