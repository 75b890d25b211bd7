"""A discharge plan as rows that a person can correct, and back.

Where a row came from (document, page, characters) travels with it, hidden, so that
a corrected dose still points to the line it was read from.
"""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.discharge_plan import DischargePlan, ExpectedSymptom, Instruction, Medicine, RedFlag, Severity, Source

KINDS = [
    ("activity", _("Activity")),
    ("diet", _("Food and drink")),
    ("wound_care", _("Wound")),
    ("appointment", _("Appointment")),
    ("contact", _("Contact")),
    ("other", _("Other")),
]


class SourceField(forms.CharField):
    """A place in a document, as "document|page|start|end"."""

    def __init__(self) -> None:
        super().__init__(required=False, widget=forms.HiddenInput)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, Source):
            return f"{value.document_id}|{value.page}|{value.start}|{value.end}"
        return value

    def clean(self, value: Any) -> Source | None:
        if not value:
            return None
        try:
            document_id, *numbers = str(value).split("|")
            page, start, end = map(int, numbers)
        except ValueError:
            raise forms.ValidationError(_("Please reload the page and try again.")) from None
        return Source(document_id, page, start, end)


class Row(forms.Form):
    """One line of the plan. A row whose first field is left empty is dropped."""

    first = "name"
    source = SourceField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields[self.first].required = False

    def filled(self) -> bool:
        return bool(self.cleaned_data.get(self.first))


class MedicineRow(Row):
    name = forms.CharField(label=_("Medicine"), max_length=120)
    dose = forms.CharField(label=_("Dose"), max_length=120, required=False)
    route = forms.CharField(label=_("How"), max_length=80, required=False)
    times = forms.CharField(label=_("When"), max_length=160, required=False)
    reason = forms.CharField(label=_("For"), max_length=160, required=False)


class ExpectedRow(Row):
    name = forms.CharField(label=_("Symptom"), max_length=120)
    at_most = forms.ChoiceField(
        label=_("Normal up to"),
        choices=[("mild", _("mild")), ("moderate", _("moderate")), ("severe", _("severe"))],
        initial="moderate",
    )
    until_day = forms.IntegerField(label=_("Until day"), required=False, min_value=0, max_value=3650)


class RedFlagRow(Row):
    name = forms.CharField(label=_("Warning sign"), max_length=160)
    action = forms.CharField(label=_("What to do"), max_length=300, required=False)
    severity = forms.TypedChoiceField(
        label=_("How urgent"),
        coerce=Severity,
        choices=[("emergency", _("Emergency")), ("urgent", _("Urgent")), ("question", _("Question"))],
        initial="urgent",
    )


class InstructionRow(Row):
    first = "text"
    kind = forms.ChoiceField(label=_("About"), choices=KINDS, initial="other")
    text = forms.CharField(label=_("Instruction"), max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))


class Section:
    """One formset of the plan."""

    def __init__(self, name: str, title: Any, row: type[Row], made: type) -> None:
        self.name, self.title, self.row, self.made = name, title, row, made

    def formset(self, plan: DischargePlan, data: Any) -> Any:
        factory = forms.formset_factory(self.row, extra=2, max_num=200, absolute_max=250)
        initial = [vars(item) for item in getattr(plan, self.name)]
        return factory(data, initial=initial, prefix=self.name)

    def items(self, formset: Any) -> tuple[Any, ...]:
        return tuple(self.made(**row.cleaned_data) for row in formset if row.filled())


SECTIONS: Sequence[Section] = (
    Section("medicines", _("Medicines"), MedicineRow, Medicine),
    Section("expected_symptoms", _("What is normal"), ExpectedRow, ExpectedSymptom),
    Section("red_flags", _("Warning signs"), RedFlagRow, RedFlag),
    Section("instructions", _("Instructions"), InstructionRow, Instruction),
)


class PlanForm:
    """All sections together, used as one form."""

    def __init__(self, plan: DischargePlan, data: Any = None) -> None:
        self.parts = [(section, section.formset(plan, data)) for section in SECTIONS]

    def is_valid(self) -> bool:
        valid = [formset.is_valid() for _section, formset in self.parts]  # all of them, so that all show what is wrong
        return all(valid)

    def plan(self) -> DischargePlan:
        return DischargePlan(**{section.name: section.items(formset) for section, formset in self.parts})
