"""Requests that nobody would make, to every FHIR type by every role. `python -m tests.exchange` runs it long.

Parameters are declared ones, others', misspelt, chained, with prefixes and modifiers; values are ids of Maria's,
dates of every shape and anything else. No answer may be a server error or an invalid resource, a refusal has to be
an OperationOutcome, and no role may be answered what is not for it.
"""

import json
from typing import Any
from urllib.parse import quote, urlencode

from fhir.resources.R4B import get_fhir_model_class
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance.access import Role
from conversations.exchange.fhir.kinds import KINDS
from tests.exchange import belongings, machines
from tests.exchange.examples import REQUESTS

CANARIES = ("canary", "lindqvist", "hip replacement")
REFUSED = (400, 401, 403, 404, 405, 406, 410, 429)
ANYTHING = st.text(max_size=40)
DATES = st.one_of(
    st.dates().map(str),
    st.datetimes().map(lambda at: at.isoformat() + "Z"),
    st.sampled_from(["2026", "2026-11", "2026-13-45", "9999-12-31T23:59:60Z", "0000-00-00", "2026-11-22T25:00"]),
)
PREFIXED = st.builds("".join, st.tuples(st.sampled_from(["", "ge", "lt", "ne", "ap", "xx"]), DATES))
OTHERS = st.sampled_from(["_count", "_sort", "_include", "_format", "_cursor", "_page", "_id", "_summary", "name", ""])
MODIFIERS = st.sampled_from(["", "", "", ":exact", ":missing", ":not", ":Patient.name", ".name", ":"])


def values(things: dict[str, Any]) -> st.SearchStrategy[str]:
    ids = st.sampled_from([str(one) for one in things.values()])
    known = st.one_of(ids, ids.map("Patient/{}".format), PREFIXED, st.integers().map(str), ANYTHING)
    return st.one_of(known, st.lists(known, max_size=4).map(",".join), st.just("x" * 3000))


def requests(things: dict[str, Any]) -> st.SearchStrategy[tuple[str, str, str]]:
    """Type, verb, and what follows /fhir/."""
    names = st.sampled_from(sorted(KINDS))
    keys = st.one_of(
        st.sampled_from(sorted({key for kind in KINDS.values() for key in kind.parameters})), OTHERS, ANYTHING
    )
    pairs = st.lists(st.tuples(st.builds("".join, st.tuples(keys, MODIFIERS)), values(things)), max_size=4)
    searched = st.builds(lambda name, told: (name, f"{name}?{urlencode(told)}"), names, pairs)
    ids = values(things).map(lambda text: text.replace("/", "-")).filter(bool)  # a slash makes another address of it
    read = st.builds(lambda name, key: (name, f"{name}/{quote(key, safe='')}"), names, ids)
    verbs = st.sampled_from(["get", "get", "get", "get", "get", "head", "post", "put", "patch", "delete"])
    return st.tuples(st.one_of(searched, read), verbs).map(lambda told: (told[0][0], told[1], told[0][1]))


def fuzz(examples: int) -> int:
    """Returns how many requests were answered with something. Raises `AssertionError`."""
    things = belongings.everything()
    visitors = {
        "clinicians": (Role.CLINICIAN, machines.clinicians()),
        "strangers": (Role.CLINICIAN, machines.strangers()),
        "admins": (Role.ADMIN, machines.admins()),
        "officers": (Role.OFFICER, machines.officers()),
    }
    found = 0

    @settings(REQUESTS, max_examples=examples)
    @given(requests(things), st.sampled_from(sorted(visitors)))
    def run(request: tuple[str, str, str], who: str) -> None:
        nonlocal found
        name, verb, path = request
        role, machine = visitors[who]
        response = getattr(machine.http, verb)(f"/fhir/{path}")
        told = (who, verb, path, response.status_code)
        assert response.status_code == 200 or response.status_code in REFUSED, told
        if role not in KINDS[name].roles:
            assert response.status_code in REFUSED, told
        if who == "strangers":
            assert not [word for word in CANARIES if word in response.content.decode().casefold()], told
        found += check(response.status_code, response.content, told)

    run()
    return found


def check(status: int, content: bytes, told: object) -> int:
    """Whether the answer is valid, and holds something."""
    if not content:
        return 0
    resource = json.loads(content)
    get_fhir_model_class(resource["resourceType"]).model_validate(resource)
    assert status == 200 or resource["resourceType"] == "OperationOutcome", told
    return int(status == 200 and (resource["resourceType"] != "Bundle" or bool(resource.get("entry"))))
