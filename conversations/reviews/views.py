"""Pages of reviews, for clinicians: the calls that wait, and a short form beside each transcript."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from clinic.views.record import patient_for, staff
from compliance import audit
from compliance.access import Role, role_required
from conversations.models import Session
from conversations.reviews import book
from conversations.reviews.agreement import in_words

LISTED = audit.action("review.listed", "{actor} looked through the calls that wait for a review", "R")
OPENED = audit.action("review.opened", "{actor} opened the review of the call with {patient}", "R")
YES_NO = [("no", gettext_lazy("No")), ("yes", gettext_lazy("Yes"))]
AGREEMENT = {
    "almost_perfect": gettext_lazy("almost perfect"),
    "substantial": gettext_lazy("substantial"),
    "moderate": gettext_lazy("moderate"),
    "fair": gettext_lazy("fair"),
    "slight": gettext_lazy("slight: talk about what the questions mean"),
}


class ReviewForm(forms.Form):
    missed = forms.TypedChoiceField(
        label=gettext_lazy("Should something have been passed on that was not?"),
        choices=YES_NO,
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
        help_text=gettext_lazy("Yes passes it on now, as urgent."),
    )
    untrue = forms.TypedChoiceField(
        label=gettext_lazy("Was anything said that is not so?"),
        choices=YES_NO,
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )
    manner = forms.TypedChoiceField(
        label=gettext_lazy("How was the manner? 1 poor, 5 as you would wish"),
        choices=[(n, n) for n in range(1, 6)],
        coerce=int,
        widget=forms.RadioSelect,
    )
    note = forms.CharField(
        label=gettext_lazy("Note"), max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def findings(self) -> book.Findings:
        return book.Findings(**self.cleaned_data)


@role_required(Role.CLINICIAN)
@never_cache
@require_safe
def review_list(request: HttpRequest) -> HttpResponse:
    agreement, pairs = book.agreed_on("missed")
    waiting = book.waiting_for(staff(request))
    audit.record(LISTED, detail=audit.naming(session.patient_id for session in waiting))
    context = {
        "waiting": waiting,
        "agreement": agreement,
        "pairs": pairs,
        "agreement_words": AGREEMENT[in_words(agreement)] if agreement is not None else "",
    }
    return render(request, "conversations/reviews.html", context)


@role_required(Role.CLINICIAN)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def review(request: HttpRequest, session_id: UUID) -> HttpResponse:
    session = get_object_or_404(Session.objects.select_related("patient"), pk=session_id)
    patient = patient_for(request, session.patient_id)
    form = ReviewForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        book.review(session, staff(request), form.findings())
        messages.success(request, _("Thank you. It counts for the release that this call ran with."))
        return redirect("conversations:reviews")
    audit.record(OPENED, patient_id=patient.pk, subject=f"session:{session.pk}")
    return render(request, "conversations/review.html", {"form": form, "session": session, "patient": patient})
