"""Pages of releases: for administrators, who draft and roll out, and clinicians, who sign; both may take one back."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.models import CareTeam, User
from compliance.access import Role, role_required
from conversations.errors import ReleaseRefused
from conversations.models import Release, Rollout
from conversations.releases import assignment, book, installed, measured, watching, wording
from conversations.releases.bundle import Bundle, Part, differences, hindrances
from conversations.releases.gates import ENOUGH_EVIDENCE, Reading

READERS = (Role.ADMIN, Role.CLINICIAN)


class DraftForm(forms.Form):
    """The parts that can be chosen. Field names are those of the parts, with dots for dashes."""

    note = forms.CharField(label=gettext_lazy("What it changes, and why"), max_length=200)
    model_name = forms.CharField(
        label=gettext_lazy("Language model"),
        max_length=120,
        required=False,
        help_text=gettext_lazy("Empty: by protocol."),
    )
    decoding_temperature = forms.FloatField(label=wording.PARTS["decoding.temperature"], min_value=0, max_value=2)
    decoding_max_tokens = forms.IntegerField(label=wording.PARTS["decoding.max_tokens"], min_value=50, max_value=2000)
    prompt_version = forms.ChoiceField(label=wording.PARTS["prompt.version"])
    limits_first_sentence_s = forms.FloatField(
        label=wording.PARTS["limits.first_sentence_s"], min_value=0.5, max_value=10
    )
    limits_turn_s = forms.FloatField(label=wording.PARTS["limits.turn_s"], min_value=1, max_value=30)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        prompts = cast(forms.ChoiceField, self.fields["prompt_version"])
        prompts.choices = [(version, version) for version in installed.prompts()]

    def changes(self) -> dict[str, Part]:
        chosen = {_part(name): value for name, value in self.cleaned_data.items() if name != "note"}
        return {**chosen, "prompt.sha256": installed.prompts()[chosen["prompt.version"]]}


def _part(field: str) -> str:
    return field.replace("_", ".", 1)


class RollOutForm(forms.Form):
    percent = forms.IntegerField(
        label=gettext_lazy("Percent of patients"), min_value=1, max_value=book.MOST_PERCENT, initial=5
    )
    teams = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Care teams"),
        queryset=CareTeam.objects.order_by("name"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None chosen means all of them."),
    )
    mends = forms.BooleanField(label=gettext_lazy("It mends what overspent the error budget"), required=False)

    def __init__(self, *args: Any, overspent: bool = True, **options: Any) -> None:
        super().__init__(*args, **options)
        if not overspent:
            del self.fields["mends"]


class WidenForm(forms.Form):
    percent = forms.IntegerField(label=gettext_lazy("Percent of patients"), min_value=1, max_value=book.MOST_PERCENT)


@dataclass(frozen=True)
class Line:
    """A part of a release, in words; `before` is what is in use."""

    name: str
    value: str
    before: str = ""


@dataclass(frozen=True)
class Side:
    bad: int
    calls: int
    low: float
    high: float

    @property
    def percent(self) -> float:
        return 100 * self.bad / self.calls if self.calls else 0.0


@dataclass(frozen=True)
class Spent:
    """Of an error budget, in percent."""

    promise: Any
    percent: float
    bad: int
    turns: int
    over: bool


@dataclass(frozen=True)
class Row:
    name: Any
    candidate: Side
    control: Side
    evidence: float
    worse: bool


@role_required(*READERS)
@never_cache
@require_safe
def release_list(request: HttpRequest) -> HttpResponse:
    context = {
        "releases": Release.objects.select_related("made_by", "signed_by").prefetch_related("rollouts"),
        "running": assignment.running(),
        "in_use": assignment.in_use(),
        "budgets": _budgets(),
    }
    return render(request, "conversations/releases.html", context)


def _budgets() -> list[Spent]:
    return [
        Spent(wording.BUDGETS[one.promise.name], 100 * one.spent, one.bad, one.turns, one.is_overspent)
        for one in measured.budgets(timezone.now())
    ]


@role_required(Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def release_draft(request: HttpRequest) -> HttpResponse:
    now = installed.bundle()
    initial = {name: now.parts[_part(name)] for name in DraftForm.base_fields if name != "note"}
    form = DraftForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            release = book.draft(form.changes(), form.cleaned_data["note"], cast(User, request.user))
        except ReleaseRefused as problem:
            form.add_error(None, str(problem))
        else:
            return redirect("conversations:release", release.pk)
    return render(request, "conversations/release_form.html", {"form": form})


@role_required(*READERS)
@never_cache
@require_safe
def release(request: HttpRequest, release_id: UUID) -> HttpResponse:
    found = get_object_or_404(Release.objects.select_related("made_by", "signed_by"), pk=release_id)
    bundle, current = Bundle(found.parts), assignment.in_use()
    before = Bundle(current.parts) if current else installed.bundle()
    changed = differences(before, bundle) if current != found else []
    context = {
        "release": found,
        "current": current,
        "changes": [
            Line(wording.of_part(d.name), wording.of_value(d.name, d.after), wording.of_value(d.name, d.before))
            for d in changed
        ],
        "parts": [Line(wording.of_part(n), wording.of_value(n, v)) for n, v in sorted(bundle.parts.items())],
        "hindrances": [wording.HINDRANCES[code] for code in hindrances(bundle, installed.ground())],
        "rollouts": found.rollouts.all(),
        "running": assignment.running(),
        "reasons": wording.REASONS,
        "form": RollOutForm(overspent=any(one.over for one in _budgets())),
    }
    return render(request, "conversations/release.html", context)


@role_required(*READERS)
@never_cache
@require_safe
def rollout(request: HttpRequest, rollout_id: UUID) -> HttpResponse:
    found = get_object_or_404(Rollout.objects.select_related("release", "base"), pk=rollout_id)
    context = {
        "rollout": found,
        "rows": [_row(reading) for reading in watching.judged(found).readings()],
        "enough": ENOUGH_EVIDENCE,
        "reason": wording.REASONS.get(found.reason, found.reason),
        "form": WidenForm(initial={"percent": found.percent}),
        "team_names": [team.name for team in found.teams.all()],
    }
    return render(request, "conversations/rollout.html", context)


def _row(reading: Reading) -> Row:
    candidate, control = (
        Side(*side, *(100 * end for end in reading.interval(side))) for side in (reading.candidate, reading.control)
    )
    return Row(wording.MEASURES[reading.measure], candidate, control, reading.evidence, reading.is_worse)


@role_required(Role.CLINICIAN)
@require_POST
def sign(request: HttpRequest, release_id: UUID) -> HttpResponse:
    found = get_object_or_404(Release, pk=release_id)
    signed = _done(request, lambda: book.sign(found, cast(User, request.user)))
    if signed:
        messages.success(request, _("Signed off, in your name. An administrator can roll it out now."))
    return redirect("conversations:release", found.pk)


@role_required(Role.ADMIN)
@require_POST
def roll_out(request: HttpRequest, release_id: UUID) -> HttpResponse:
    found, form = get_object_or_404(Release, pk=release_id), RollOutForm(request.POST)
    if not form.is_valid():
        messages.warning(request, _("Choose between 1 and {most} percent.").format(most=book.MOST_PERCENT))
        return redirect("conversations:release", found.pk)
    percent, teams, mends = (form.cleaned_data[name] for name in ("percent", "teams", "mends"))
    _done(request, lambda: book.roll_out(found, percent, teams, mends_what_spent_the_budget=mends))
    begun = assignment.running()
    return redirect("conversations:rollout", begun.pk) if begun else redirect("conversations:release", found.pk)


@role_required(Role.ADMIN)
@require_POST
def widen(request: HttpRequest, rollout_id: UUID) -> HttpResponse:
    found, form = get_object_or_404(Rollout, pk=rollout_id), WidenForm(request.POST)
    percent = form.cleaned_data["percent"] if form.is_valid() else 0
    _done(request, lambda: book.widen(found, percent))
    return redirect("conversations:rollout", found.pk)


@role_required(Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def complete(request: HttpRequest, rollout_id: UUID) -> HttpResponse:
    return _confirmed(request, rollout_id, "complete", book.complete)


@role_required(*READERS)
@require_http_methods(["GET", "HEAD", "POST"])
def roll_back(request: HttpRequest, rollout_id: UUID) -> HttpResponse:
    return _confirmed(request, rollout_id, "roll_back", lambda found: book.roll_back(found, "person"))


def _confirmed(request: HttpRequest, rollout_id: UUID, what: str, do: Callable[[Rollout], None]) -> HttpResponse:
    """A page that says what follows, and then the deed."""
    found = get_object_or_404(Rollout.objects.select_related("release", "base"), pk=rollout_id)
    if request.method != "POST":
        return render(request, "conversations/rollout_confirm.html", {"rollout": found, "what": what})
    _done(request, lambda: do(found))
    return redirect("conversations:rollout", found.pk)


def _done(request: HttpRequest, do: Callable[[], object]) -> bool:
    """Whether it could be done; if not, the page says why."""
    try:
        do()
    except ReleaseRefused as problem:
        messages.warning(request, str(problem))
        return False
    return True
