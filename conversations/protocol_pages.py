"""Protocols for the admin: what calls ask, as forms and as YAML, from draft to use, beside what is in use."""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.views.record import staff
from compliance.access import Role, role_required
from conversations import protocol_book, protocols
from conversations.models import ProtocolVersion
from conversations.protocol_forms import ProtocolForm, YamlForm
from conversations.protocols import BadProtocol, CallProtocol
from conversations.releases import assignment

State = ProtocolVersion.State


@dataclass(frozen=True)
class Change:
    """A line of the comparison: `kind` is same, added or removed."""

    kind: str
    text: str


@role_required(Role.ADMIN)
@require_safe
def protocol_list(request: HttpRequest) -> HttpResponse:
    context = {
        "in_use": protocol_book.in_use().values(),
        "drafts": ProtocolVersion.objects.filter(state=State.DRAFT).select_related("made_by"),
        "earlier": ProtocolVersion.objects.filter(state=State.RETIRED),
        "released": _released(),
    }
    return render(request, "conversations/protocols.html", context)


@role_required(Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def protocol_edit(request: HttpRequest, name: str) -> HttpResponse:
    """Edit what is in use: what is saved is a draft, and asks nobody anything until it is put into use."""
    protocol = _in_use(name)
    form = ProtocolForm(protocol, request.POST or None)
    if request.method == "POST" and form.is_valid():
        return _drafted(request, form.edited())
    return render(request, "conversations/protocol_form.html", {"form": form, "protocol": protocol})


@role_required(Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def protocol_import(request: HttpRequest) -> HttpResponse:
    """A protocol as YAML, pasted: a new one, or another version of one that is there."""
    form = YamlForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return _drafted(request, form.protocol)
    return render(request, "conversations/protocol_yaml.html", {"form": form})


@role_required(Role.ADMIN)
@require_safe
def protocol_export(request: HttpRequest, name: str) -> HttpResponse:
    protocol = _in_use(name)
    response = HttpResponse(protocol_book.export(protocol), content_type="application/yaml; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{protocol.name}-{protocol.version}.yaml"'
    return response


@role_required(Role.ADMIN)
@require_safe
def version_page(request: HttpRequest, version_id: UUID) -> HttpResponse:
    """One version: how it would sound, and what it changes."""
    row = get_object_or_404(ProtocolVersion, pk=version_id)
    try:
        protocol = protocol_book.as_protocol(row)
    except BadProtocol as problem:
        return render(request, "conversations/protocol.html", {"row": row, "problems": str(problem).splitlines()})
    before = protocol_book.in_use().get(row.name)
    context = {
        "row": row,
        "protocol": protocol,
        "greeting": protocol.greeting.format(
            called=_("Maria"),
            clinic=_("your clinic"),
            emergency_number=protocol.emergency_number,
            crisis_line=protocol.crisis_line,
        ),
        "before": before,
        "changes": list(_changes(before, protocol)) if before and row.state == State.DRAFT else [],
        "released": _released(),
    }
    return render(request, "conversations/protocol.html", context)


@role_required(Role.ADMIN)
@require_POST
def version_publish(request: HttpRequest, version_id: UUID) -> HttpResponse:
    row = get_object_or_404(ProtocolVersion, pk=version_id)
    try:
        protocol_book.publish(row)
    except (protocol_book.NotADraft, BadProtocol):
        messages.error(request, _("This version cannot be put into use. Edit what is in use instead."))
        return redirect("conversations:protocol", row.pk)
    messages.success(request, _published())
    return redirect("conversations:protocols")


@role_required(Role.ADMIN)
@require_POST
def version_drop(request: HttpRequest, version_id: UUID) -> HttpResponse:
    row = get_object_or_404(ProtocolVersion, pk=version_id)
    try:
        protocol_book.drop(row)
    except protocol_book.NotADraft:
        messages.error(request, _("Only a draft can be dropped."))
        return redirect("conversations:protocol", row.pk)
    messages.success(request, _("The draft is gone. What is in use stays."))
    return redirect("conversations:protocols")


def _drafted(request: HttpRequest, protocol: CallProtocol) -> HttpResponse:
    row = protocol_book.draft(protocol, staff(request))
    messages.success(request, _("Saved as a draft. Compare it, and put it into use when it is right."))
    return redirect("conversations:protocol", row.pk)


def _published() -> str:
    if _released():
        return _("Published. Calls ask it once a new release holds it.")
    return _("In use for calls that begin from now on.")


def _released() -> bool:
    """Whether a release decides which versions calls begin with."""
    return assignment.in_use() is not None


def _in_use(name: str) -> CallProtocol:
    protocol = protocol_book.in_use().get(name)
    if protocol is None:
        raise Http404
    return protocol


def _changes(before: CallProtocol, now: CallProtocol) -> Iterator[Change]:
    """The lines that differ, with two lines around them."""
    kinds = {"+": "added", "-": "removed", " ": "same"}
    old, new = (protocols.dump(one).splitlines() for one in (before, now))
    for line in list(difflib.unified_diff(old, new, lineterm="", n=2))[2:]:
        if line[0] in kinds and not line[1:].startswith("version:"):
            yield Change(kinds[line[0]], line[1:])
