"""Model fields that are sealed under the patient's key before they reach the database.

A model with sealed fields has a primary key known before saving (a UUID) and a
method `sealed_for()` that names the patient. Values open on first access, so
listing rows costs nothing; `.values()` yields the sealed bytes.
"""

import json
from typing import Any
from uuid import UUID

from django.db import models

from compliance import encryption, keyring


class Sealed(bytes):
    """Bytes as they lie in the database."""


class _Opening:
    """The attribute of a sealed field: opens the stored bytes when first read."""

    def __init__(self, field: "SealedField") -> None:
        self.field = field

    def __get__(self, instance: models.Model | None, owner: type | None = None) -> Any:
        if instance is None:
            return self
        name = self.field.attname
        if name not in instance.__dict__:
            instance.refresh_from_db(fields=[name])
        value = instance.__dict__[name]
        if isinstance(value, Sealed):
            value = instance.__dict__[name] = self.field.open(value, instance)
        return value

    def __set__(self, instance: models.Model, value: Any) -> None:
        instance.__dict__[self.field.attname] = value


class SealedField(models.BinaryField):  # type: ignore[type-arg]  # not subscriptable at run time
    """Base of the sealed fields; subclasses say how a value becomes bytes and back."""

    def to_bytes(self, value: Any) -> bytes:
        raise NotImplementedError

    def to_value(self, plain: bytes) -> Any:
        raise NotImplementedError

    def contribute_to_class(self, cls: type[models.Model], name: str, private_only: bool = False) -> None:
        super().contribute_to_class(cls, name, private_only)
        setattr(cls, self.attname, _Opening(self))

    def from_db_value(self, value: Any, *_: Any) -> Sealed | None:
        return None if value is None else Sealed(value)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if value is not None and not isinstance(value, Sealed):
            raise TypeError(f"{self.name} must be sealed: save the instance instead of updating the query")
        return super().get_db_prep_value(value, connection, prepared)

    def pre_save(self, model_instance: models.Model, add: bool) -> Sealed | None:
        value = model_instance.__dict__.get(self.attname)
        if value is None or isinstance(value, Sealed):
            return value
        if model_instance.pk is None:
            raise TypeError(f"{self.name} is sealed in its place: give the row its primary key before it is saved")
        return self.seal(value, model_instance)

    def place(self, instance: models.Model) -> encryption.Place:
        return encryption.Place(instance._meta.db_table, str(self.column), str(instance.pk))

    def seal(self, value: Any, instance: models.Model) -> Sealed:
        key = keyring.key_for(_patient_of(instance))
        return Sealed(encryption.seal(self.to_bytes(value), key, self.place(instance)))

    def open(self, sealed: Sealed, instance: models.Model) -> Any:
        key = keyring.key_for(_patient_of(instance))
        return self.to_value(encryption.open_sealed(sealed, key, self.place(instance)))

    def value_to_string(self, obj: models.Model) -> str:
        raise TypeError("sealed fields are not serialised; export through compliance.rights")


class EncryptedTextField(SealedField):
    def get_default(self) -> Any:
        """An empty text, where a binary field would begin with empty bytes."""
        return super().get_default() or ("" if self.blank and not self.null else None)

    def to_bytes(self, value: str) -> bytes:
        return value.encode()

    def to_value(self, plain: bytes) -> str:
        return plain.decode()


class EncryptedJSONField(SealedField):
    def to_bytes(self, value: Any) -> bytes:
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()

    def to_value(self, plain: bytes) -> Any:
        return json.loads(plain)


class EncryptedBinaryField(SealedField):
    def to_bytes(self, value: bytes) -> bytes:
        return bytes(value)

    def to_value(self, plain: bytes) -> bytes:
        return plain


def _patient_of(instance: models.Model) -> UUID:
    patient_id: UUID = instance.sealed_for()  # type: ignore[attr-defined]
    return patient_id
