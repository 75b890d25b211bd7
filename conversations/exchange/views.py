"""Other systems, for the admin: let one in, say what it may do, give it tokens and take them back."""

import datetime
import json
from typing import Any, cast
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.models import CareTeam
from clinic.views.record import staff
from compliance.access import Role, role_required
from conversations.exchange import clients, keys, scopes
from conversations.exchange.models import ApiToken, ServiceClient

SHOWN = 50


class PermissionForm(forms.Form):
    purpose = forms.CharField(label=gettext_lazy("What it is for"), max_length=120, required=False)
    role = forms.ChoiceField(
        label=gettext_lazy("Role"),
        choices=Role.choices,
        help_text=gettext_lazy("It sees what a person of this role sees, and nothing else."),
    )
    teams = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Care teams"),
        queryset=CareTeam.objects.order_by("name"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("With the role of a clinician it sees the patients of these teams."),
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("Scopes"),
        choices=[(name, f"{name} — {words}") for name, words in scopes.ALL.items()],
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("The most that any of its tokens may do."),
    )


class AddForm(PermissionForm):
    name = forms.CharField(label=gettext_lazy("Name of the system"), max_length=80)
    field_order = ["name", "purpose", "role", "teams", "scopes"]


class ChangeForm(PermissionForm):
    jwks = forms.CharField(
        label=gettext_lazy("Public keys (JWKS)"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 4, "class": "mono", "spellcheck": "false"}),
        help_text=gettext_lazy("For SMART Backend Services: RSA or P-384 keys. Without any it uses tokens."),
    )

    def clean_jwks(self) -> dict[str, Any]:
        try:
            return keys.read(self.cleaned_data["jwks"])
        except keys.BadKeys as problem:
            raise forms.ValidationError(str(problem)) from None


class TokenForm(forms.Form):
    lifetime_days = forms.TypedChoiceField(
        label=gettext_lazy("Valid for"),
        coerce=int,
        choices=[
            (1, gettext_lazy("a day")),
            (30, gettext_lazy("30 days")),
            (90, gettext_lazy("90 days")),
            (365, gettext_lazy("a year")),
        ],
        initial=90,
    )
    scopes = forms.MultipleChoiceField(label=gettext_lazy("Scopes"), widget=forms.CheckboxSelectMultiple)

    def __init__(self, client: ServiceClient, *args: Any) -> None:
        super().__init__(*args)
        self.initial = {"scopes": client.scopes}
        cast(forms.MultipleChoiceField, self.fields["scopes"]).choices = [(one, one) for one in client.scopes]


@role_required(Role.ADMIN)
@require_safe
def client_list(request: HttpRequest) -> HttpResponse:
    found = ServiceClient.objects.select_related("user").prefetch_related("user__care_teams", "tokens")
    return render(request, "exchange/clients.html", {"clients": found.order_by("-user__is_active", "-made_at")})


@role_required(Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def client_add(request: HttpRequest) -> HttpResponse:
    form = AddForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        client = clients.register(**form.cleaned_data, by=staff(request))
        messages.success(request, _("Added. Next: make a token, or paste its public keys."))
        return redirect("exchange:client", client.pk)
    return render(request, "exchange/client_form.html", {"form": form})


@role_required(Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def client_page(request: HttpRequest, client_id: UUID) -> HttpResponse:
    client = _client(client_id)
    form = ChangeForm(request.POST or None, initial=_told(client))
    if request.method == "POST" and form.is_valid():
        clients.change(client, **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("exchange:client", client.pk)
    return _page(request, client, form=form)


@role_required(Role.ADMIN)
@require_POST
def token_make(request: HttpRequest, client_id: UUID) -> HttpResponse:
    """Shows the token in the answer itself, once: it is kept nowhere that could be read back."""
    client = _client(client_id)
    form = TokenForm(client, request.POST)
    if not form.is_valid() or not client.user.is_active:
        return _page(request, client, token_form=form)
    lifetime = datetime.timedelta(days=form.cleaned_data["lifetime_days"])
    made, text = clients.make_token(client, scopes=form.cleaned_data["scopes"], lifetime=lifetime, by=staff(request))
    return _page(request, client, new_token=text, made=made)


@role_required(Role.ADMIN)
@require_POST
def token_revoke(request: HttpRequest, client_id: UUID, token_id: UUID) -> HttpResponse:
    clients.revoke(get_object_or_404(ApiToken, pk=token_id, client_id=client_id))
    messages.success(request, _("The token no longer opens anything."))
    return redirect("exchange:client", client_id)


@role_required(Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def client_close(request: HttpRequest, client_id: UUID) -> HttpResponse:
    client = _client(client_id)
    if request.method == "POST":
        clients.close(client)
        messages.success(request, _("Shut out. Its tokens open nothing any more."))
        return redirect("exchange:clients")
    return render(request, "exchange/client_close.html", {"client": client})


def _client(client_id: UUID) -> ServiceClient:
    return get_object_or_404(ServiceClient.objects.select_related("user"), pk=client_id)


def _told(client: ServiceClient) -> dict[str, Any]:
    return {
        "purpose": client.purpose,
        "role": client.user.role,
        "teams": client.user.care_teams.all(),
        "scopes": client.scopes,
        "jwks": json.dumps(client.jwks, indent=1) if client.jwks else "",
    }


def _page(request: HttpRequest, client: ServiceClient, **more: Any) -> HttpResponse:
    context = {
        "client": client,
        "form": ChangeForm(initial=_told(client)),
        "token_form": TokenForm(client),
        "tokens": client.tokens.exclude(made_by=None).order_by("-made_at")[:SHOWN],
        "now": timezone.now(),
        **more,
    }
    return render(request, "exchange/client.html", context)
