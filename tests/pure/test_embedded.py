"""Addresses of databases and queues, as their clients want them."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from kombu.utils.url import parse_url

from clinic import embedded

URL = "postgresql://app:p%40ss@db.example.org:6432/aftercare?sslmode=verify-full&sslrootcert=/run/secrets/ca.crt"


def test_a_database_url_is_taken_apart_tls_included() -> None:
    settings = embedded.databases(Path("/data"), default=URL, owner="", keys=URL)["default"]
    assert (settings["NAME"], settings["USER"], settings["PASSWORD"]) == ("aftercare", "app", "p@ss")
    assert (settings["HOST"], settings["PORT"]) == ("db.example.org", "6432")
    assert settings["OPTIONS"] == {
        **embedded.PATIENCE,
        "sslmode": "verify-full",
        "sslrootcert": "/run/secrets/ca.crt",
    }


def test_patient_keys_need_a_database_of_their_own() -> None:
    with pytest.raises(ImproperlyConfigured, match="KEYS_DATABASE_URL"):
        embedded.databases(Path("/data"), default=URL, owner="", keys="")


@pytest.mark.parametrize("url", ["mysql://db/aftercare", "postgresql://db", "aftercare"])
def test_nonsense_is_no_database_url(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="postgresql://role:password@host:port/name"):
        embedded.databases(Path("/data"), default=url, owner="", keys=url)


@pytest.mark.parametrize(
    ("given", "celery"),
    [
        ("unix:///data/redis.sock", "redis+socket:///data/redis.sock"),
        ("redis://redis:6379/0", "redis://redis:6379/0"),
        ("rediss://redis:6379/0", "rediss://redis:6379/0?ssl_cert_reqs=required"),
        ("rediss://redis/0?ssl_ca_certs=/ca", "rediss://redis/0?ssl_ca_certs=/ca&ssl_cert_reqs=required"),
    ],
)
def test_celery_checks_the_certificate_of_an_encrypted_redis(given: str, celery: str) -> None:
    assert embedded.celery_url(given) == celery


def test_celery_understands_what_it_is_given() -> None:
    import ssl

    assert parse_url(embedded.celery_url("rediss://redis:6379/0"))["ssl"]["ssl_cert_reqs"] == ssl.CERT_REQUIRED
