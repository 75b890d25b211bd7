"""Webhook endpoints for the admin: add, choose events, test, rotate, look at every attempt, send again."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.models import WebhookDelivery, WebhookEndpoint
from clinic.webhooks import addresses, deliveries, endpoints
from clinic.webhooks.events import EVENTS
from compliance.access import Role, role_required

SHOWN = 50


class ChoiceForm(forms.Form):
    note = forms.CharField(label=gettext_lazy("What it is for"), max_length=120, required=False)
    events = forms.MultipleChoiceField(
        label=gettext_lazy("Events"),
        choices=[(name, f"{name} — {event.what}") for name, event in EVENTS.items() if name != "webhook.test"],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None chosen means all of them."),
    )


class EndpointForm(ChoiceForm):
    url = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=500,
        widget=forms.URLInput,
        help_text=gettext_lazy("https:// and open to the internet. Private addresses are refused."),
    )
    field_order = ["url", "note", "events"]


@role_required(Role.ADMIN)
@require_safe
def endpoint_list(request: HttpRequest) -> HttpResponse:
    return render(request, "clinic/webhooks.html", {"endpoints": WebhookEndpoint.objects.order_by("-made_at")})


@role_required(Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def endpoint_add(request: HttpRequest) -> HttpResponse:
    form = EndpointForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            endpoint, secret = endpoints.add(**form.cleaned_data)
        except addresses.Forbidden as problem:
            form.add_error("url", str(problem))
        else:
            return _page(request, endpoint, secret=secret)
    return render(request, "clinic/webhook_form.html", {"form": form})


@role_required(Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def endpoint_page(request: HttpRequest, endpoint_id: UUID) -> HttpResponse:
    endpoint = get_object_or_404(WebhookEndpoint, pk=endpoint_id)
    form = ChoiceForm(request.POST or None, initial={"events": endpoint.events, "note": endpoint.note})
    if request.method == "POST" and form.is_valid():
        endpoints.choose_events(endpoint, form.cleaned_data["events"], form.cleaned_data["note"])
        messages.success(request, _("Saved."))
        return redirect("clinic:webhook", endpoint.pk)
    return _page(request, endpoint, form=form)


def _page(request: HttpRequest, endpoint: WebhookEndpoint, **more: Any) -> HttpResponse:
    sent = endpoint.deliveries.prefetch_related("attempt_set").order_by("-made_at")[:SHOWN]
    form = ChoiceForm(initial={"events": endpoint.events, "note": endpoint.note})
    return render(request, "clinic/webhook.html", {"endpoint": endpoint, "deliveries": sent, "form": form, **more})


@role_required(Role.ADMIN)
@require_POST
def endpoint_rotate(request: HttpRequest, endpoint_id: UUID) -> HttpResponse:
    endpoint = get_object_or_404(WebhookEndpoint, pk=endpoint_id)
    return _page(request, endpoint, secret=endpoints.rotate(endpoint))


@role_required(Role.ADMIN)
@require_POST
def endpoint_test(request: HttpRequest, endpoint_id: UUID) -> HttpResponse:
    endpoint = get_object_or_404(WebhookEndpoint, pk=endpoint_id)
    deliveries.test(endpoint)
    messages.info(request, _("A test is on its way. Reload in a moment to see the answer."))
    return redirect("clinic:webhook", endpoint.pk)


@role_required(Role.ADMIN)
@require_POST
def endpoint_disable(request: HttpRequest, endpoint_id: UUID) -> HttpResponse:
    endpoint = get_object_or_404(WebhookEndpoint, pk=endpoint_id)
    endpoints.disable(endpoint, "admin")
    return redirect("clinic:webhook", endpoint.pk)


@role_required(Role.ADMIN)
@require_POST
def endpoint_enable(request: HttpRequest, endpoint_id: UUID) -> HttpResponse:
    endpoint = get_object_or_404(WebhookEndpoint, pk=endpoint_id)
    endpoints.enable(endpoint)
    return redirect("clinic:webhook", endpoint.pk)


@role_required(Role.ADMIN)
@require_POST
def endpoint_remove(request: HttpRequest, endpoint_id: UUID) -> HttpResponse:
    endpoints.remove(get_object_or_404(WebhookEndpoint, pk=endpoint_id))
    return redirect("clinic:webhooks")


@role_required(Role.ADMIN)
@require_POST
def delivery_replay(request: HttpRequest, delivery_id: UUID) -> HttpResponse:
    delivery = get_object_or_404(WebhookDelivery, pk=delivery_id)
    deliveries.replay(delivery)
    messages.info(request, _("It is sent once more, under the same id."))
    return redirect("clinic:webhook", delivery.endpoint_id)
