"""What people fill in, and how it becomes the domain's own types."""

from datetime import date
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.dates import MONTHS
from django.utils.translation import gettext_lazy as _

from clinic.models import CareTeam, Patient
from clinic.patients import Details
from compliance.corrections import Provenance
from compliance.models import Correction


class BirthDateForm(forms.Form):
    """Day, month by name, year: nobody has to guess in which order a date is written."""

    day = forms.IntegerField(
        label=_("Day"),
        min_value=1,
        max_value=31,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "bday-day", "maxlength": 2, "size": 2}),
        error_messages={"required": _("Write the day."), "invalid": _("Write the day as a number, such as 2.")},
    )
    month = forms.TypedChoiceField(
        label=_("Month"),
        coerce=int,
        choices=[("", "—"), *MONTHS.items()],
        widget=forms.Select(attrs={"autocomplete": "bday-month"}),
        error_messages={"required": _("Choose the month.")},
    )
    year = forms.IntegerField(
        label=_("Year"),
        min_value=1880,
        max_value=2200,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "bday-year", "maxlength": 4, "size": 4}),
        error_messages={
            "required": _("Write the year."),
            "invalid": _("Write the year with four figures, such as 1958."),
            "min_value": _("Write the year with four figures, such as 1958."),
        },
    )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if {"day", "month", "year"} <= values.keys():
            try:
                values["born"] = date(values["year"], values["month"], values["day"])
            except ValueError:
                raise forms.ValidationError(_("There is no such day. Please look at the date once more.")) from None
        return values

    def born(self) -> date:
        born: date = self.cleaned_data["born"]
        return born


class DateInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class PatientForm(forms.Form):
    """Enrolling or correcting a patient."""

    name = forms.CharField(label=_("Full name"), max_length=200)
    called = forms.CharField(
        label=_("Called"), max_length=80, help_text=_("How the assistant addresses them: “Maria”, “Mrs Holm”.")
    )
    born = forms.DateField(
        label=_("Date of birth"), widget=DateInput(), help_text=_("They need it to open their invitation.")
    )
    care_team = forms.ModelChoiceField(label=_("Care team"), queryset=CareTeam.objects.order_by("name"))
    procedure = forms.CharField(label=_("Reason for care"), max_length=200, help_text=_("“Right hip replacement”"))
    discharged_on = forms.DateField(label=_("Day of discharge"), widget=DateInput())
    phone = forms.CharField(label=_("Phone"), max_length=40, required=False)
    email = forms.EmailField(label=_("E-mail"), required=False)
    time_zone = forms.ChoiceField(
        label=_("Time zone"), choices=lambda: [(zone, zone) for zone in sorted(available_timezones())], initial="UTC"
    )
    language = forms.ChoiceField(label=_("Language"), choices=[("en", _("English"))], initial="en")

    def details(self) -> Details:
        return Details(**{name: self.cleaned_data[name] for name in Details.__dataclass_fields__})


class CorrectionForm(PatientForm):
    """Who asked for it and why is kept with what it said before."""

    asked_by = forms.ChoiceField(label=_("Who asked for this"), choices=Correction.AskedBy.choices, initial="staff")
    why = forms.CharField(
        label=_("Why"), max_length=400, required=False, help_text=_("“She was born on the 3rd, says her passport.”")
    )

    def provenance(self) -> Provenance:
        return Provenance(Correction.AskedBy(self.cleaned_data["asked_by"]), self.cleaned_data["why"])


def of_patient(patient: Patient) -> dict[str, Any]:
    """The form's initial values."""
    return {name: getattr(patient, name) for name in Details.__dataclass_fields__}
