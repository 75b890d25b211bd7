"""A client for Aftercare's API, and a command line: one file, Python 3.11, nothing to install.

from aftercare import Aftercare
clinic = Aftercare("https://aftercare.example.org", token)
for waiting in clinic.escalations(state="raised"):
    print(clinic.escalation(waiting["id"])["quote"])

AFTERCARE_URL=… AFTERCARE_TOKEN=… python aftercare.py escalations --state raised
"""

import argparse
import json
import mimetypes
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypedDict, cast

TRIES = 3
LONGEST_WAIT_S = 60
PAGE = 100


class Patient(TypedDict):
    id: str
    care_team_id: str
    name: str
    called: str
    born: str
    procedure: str
    discharged_on: str
    email: str | None
    phone: str | None


class Invitation(TypedDict):
    invitation_id: str
    patient_id: str
    conversation_url: str
    expires_at: str


class Escalation(TypedDict, total=False):
    """`quote`, `plan_excerpt` and `note` come with one escalation, not in lists."""

    id: str
    number: int
    patient_id: str
    conversation_id: str | None
    severity: str
    state: str
    rule: str
    raised_at: str
    quote: str
    plan_excerpt: str
    note: str


class Utterance(TypedDict):
    role: str
    speech: str
    position_ms: int
    at: str


class Document(TypedDict):
    id: str
    document_name: str
    state: str
    refusal_sentence: str


class Refused(Exception):
    """The server said no; `code` is for programs, the text for people."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status, self.code = status, code


class Aftercare:
    """Waits when told to, and sends a request again if the network fails: nothing is done twice."""

    def __init__(self, url: str, token: str, timeout_s: float = 30.0) -> None:
        if not url.startswith(("https://", "http://127.0.0.1", "http://localhost")):
            raise ValueError("The address must begin with https://.")
        self._url, self._token, self._timeout_s = url.rstrip("/"), token, timeout_s

    def token(self) -> dict[str, Any]:
        """Which system this token is, and what it may do."""
        return cast(dict[str, Any], self.ask("GET", "/token"))

    def patients(self) -> Iterator[Patient]:
        return cast(Iterator[Patient], self.pages("/patients"))

    def patient(self, patient_id: str) -> Patient:
        return cast(Patient, self.ask("GET", f"/patients/{patient_id}"))

    def enrol(self, **facts: str) -> Patient:
        """care_team_id, name, called, born, procedure, discharged_on; email, phone, time_zone, language."""
        return cast(Patient, self.ask("POST", "/patients", facts))

    def invite(self, patient_id: str, lifetime_h: int = 168) -> Invitation:
        """The link is told once."""
        told = {"patient_id": patient_id, "lifetime_h": lifetime_h}
        return cast(Invitation, self.ask("POST", "/conversations", told))

    def conversations(self, **filters: str) -> Iterator[dict[str, Any]]:
        return self.pages("/conversations", **filters)

    def transcript(self, conversation_id: str) -> list[Utterance]:
        return cast(list[Utterance], self.ask("GET", f"/conversations/{conversation_id}/transcript"))

    def escalations(self, **filters: str) -> Iterator[Escalation]:
        """By state, severity or patient_id."""
        return cast(Iterator[Escalation], self.pages("/escalations", **filters))

    def escalation(self, escalation_id: str) -> Escalation:
        return cast(Escalation, self.ask("GET", f"/escalations/{escalation_id}"))

    def acknowledge(self, escalation_id: str, clinician_id: str) -> Escalation:
        told = {"clinician_id": clinician_id}
        return cast(Escalation, self.ask("POST", f"/escalations/{escalation_id}/acknowledge", told))

    def resolve(self, escalation_id: str, clinician_id: str, outcome: str, note: str = "") -> Escalation:
        told = {"clinician_id": clinician_id, "outcome": outcome, "note": note}
        return cast(Escalation, self.ask("POST", f"/escalations/{escalation_id}/resolve", told))

    def upload(self, patient_id: str, path: Path, name: str = "") -> Document:
        """Hand over discharge papers. A person approves them."""
        fields = {"patient_id": patient_id, "document_name": name}
        return cast(Document, self.ask("POST", "/documents", fields, file=path))

    def pages(self, path: str, **filters: str) -> Iterator[dict[str, Any]]:
        """Every row of a list, however many pages it takes."""
        cursor = ""
        while True:
            query = urllib.parse.urlencode({**filters, "limit": PAGE, "cursor": cursor})
            told = self.ask("GET", f"{path}?{query}")
            yield from told["data"]
            cursor = told["next_cursor"]
            if not cursor:
                return

    def ask(self, verb: str, path: str, body: dict[str, Any] | None = None, file: Path | None = None) -> Any:
        """Any operation of the OpenAPI document. Raises `Refused`, or `OSError` without an answer."""
        kind, data = _form(body or {}, file) if file else ("application/json", json.dumps(body).encode())
        headers = {"Authorization": f"Bearer {self._token}", "Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = kind
        if verb == "POST":
            headers["Idempotency-Key"] = str(uuid.uuid4())
        request = urllib.request.Request(  # noqa: S310  (the scheme is checked above)
            f"{self._url}/api/v1{path}", data if body is not None else None, headers, method=verb
        )
        for attempt in range(1, TRIES + 1):
            try:
                with urllib.request.urlopen(request, timeout=self._timeout_s) as answer:  # noqa: S310
                    text = answer.read()
                    return json.loads(text) if text else None
            except urllib.error.HTTPError as problem:
                wait_s = _wait_s(problem)
                if wait_s is None or attempt == TRIES:
                    raise _refused(problem) from None
            except urllib.error.URLError:
                wait_s = float(attempt)
                if attempt == TRIES:
                    raise
            time.sleep(wait_s)
        raise AssertionError("the last try returns or raises")


def _wait_s(problem: urllib.error.HTTPError) -> float | None:
    """How long to wait before the same request may be sent again; None if it would change nothing."""
    if problem.code not in (429, 503):
        return None
    told = problem.headers.get("Retry-After", "")
    return min(float(told) if told.isdecimal() else 1.0, LONGEST_WAIT_S)


def _refused(problem: urllib.error.HTTPError) -> Refused:
    try:
        told = json.loads(problem.read())
    except ValueError:
        told = {}
    return Refused(problem.code, told.get("code", "unknown"), told.get("detail", ""))


def _form(fields: dict[str, str], file: Path) -> tuple[str, bytes]:
    """multipart/form-data: its content type and bytes."""
    boundary = uuid.uuid4().hex
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in fields.items()]
    name = file.name.replace('"', "").replace("\r", "").replace("\n", "")
    head = f'Content-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: {kind}'
    parts.append(f"--{boundary}\r\n{head}\r\n\r\n")
    data = "".join(parts).encode() + file.read_bytes() + f"\r\n--{boundary}--\r\n".encode()
    return f"multipart/form-data; boundary={boundary}", data


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Aftercare from the command line. Prints JSON, a row a line.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("token", "patients", "conversations"):
        commands.add_parser(name)
    commands.add_parser("escalations").add_argument("--state", default="")
    commands.add_parser("transcript").add_argument("id")
    commands.add_parser("invite").add_argument("id", help="the patient's id")
    upload = commands.add_parser("upload")
    upload.add_argument("id", help="the patient's id")
    upload.add_argument("file", type=Path)
    asked = parser.parse_args(arguments)
    try:
        clinic = Aftercare(os.environ["AFTERCARE_URL"], os.environ["AFTERCARE_TOKEN"])
        for row in _rows(clinic, asked):
            sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")
    except KeyError as missing:
        parser.error(f"set {missing.args[0]}")
    except (Refused, OSError, ValueError) as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    return 0


def _rows(clinic: Aftercare, asked: argparse.Namespace) -> Iterator[Any]:
    match asked.command:
        case "patients":
            yield from clinic.patients()
        case "conversations":
            yield from clinic.conversations()
        case "escalations":
            yield from clinic.escalations(**({"state": asked.state} if asked.state else {}))
        case "transcript":
            yield from clinic.transcript(asked.id)
        case "invite":
            yield clinic.invite(asked.id)
        case "upload":
            yield clinic.upload(asked.id, asked.file)
        case _:
            yield clinic.token()


if __name__ == "__main__":
    sys.exit(main())
