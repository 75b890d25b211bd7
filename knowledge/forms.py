"""The upload forms."""

from typing import Any
from uuid import UUID

from django import forms
from django.apps import apps
from django.utils.translation import gettext_lazy as _

from knowledge import formats, ingestion, leaflets
from knowledge.errors import SENTENCES, Refusal
from knowledge.models import Document, Leaflet

ACCEPTED = ",".join(formats.NAMES)


class _PatientField(forms.ModelChoiceField):  # type: ignore[type-arg]  # not subscriptable at run time
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.name}, {obj.procedure}"


class _DocumentField(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Any) -> str:
        return _("%(title)s, version %(version)s") % {"title": obj.title, "version": obj.version}


class _FileForm(forms.Form):
    file = forms.FileField(
        label=_("Document"),
        help_text=_("PDF, Word (.docx), HTML, text, Markdown, C-CDA or FHIR. Up to 25 MB and 500 pages."),
        widget=forms.ClearableFileInput(attrs={"accept": ACCEPTED}),
        error_messages={"empty": SENTENCES[Refusal.EMPTY]},  # type: ignore[dict-item]  # a lazy string
    )
    title = forms.CharField(
        label=_("Title"),
        max_length=120,
        initial=_("Discharge papers"),
        help_text=_("What the patient will see as the source of an answer."),
    )
    replaces = _DocumentField(
        label=_("Replaces"),
        queryset=Document.objects.none(),
        required=False,
        empty_label=_("Nothing: this is a new document"),
    )

    def contents(self) -> bytes:
        """As much of the file as is ever read."""
        data: bytes = self.cleaned_data["file"].read(formats.MAX_BYTES + 1)
        return data


class LeafletForm(_FileForm):
    """A document for the library."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        approved = Leaflet.objects.filter(state=Leaflet.State.APPROVED).defer("original")
        self.fields["title"].initial = ""
        self.fields["replaces"].queryset = approved.order_by("title")  # type: ignore[attr-defined]

    def upload(self, *, by: Any) -> Leaflet:
        """Raises `Refused`."""
        return leaflets.upload(
            name=self.cleaned_data["file"].name,
            title=self.cleaned_data["title"],
            data=self.contents(),
            by=by,
            replaces=self.cleaned_data["replaces"],
        )


class UploadForm(_FileForm):
    """A document of a patient."""

    patient = _PatientField(label=_("Patient"), queryset=Document.objects.none())
    field_order = ("patient",)

    def __init__(self, *args: Any, patient: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known_patient = patient
        if patient is None:
            patients = apps.get_model("clinic", "Patient")._default_manager.filter(erased_at=None)
            self.fields["patient"].queryset = patients.order_by("-created_at")  # type: ignore[attr-defined]
            del self.fields["replaces"]
        else:
            del self.fields["patient"]
            approved = Document.objects.filter(patient=patient, state=Document.State.APPROVED)
            self.fields["replaces"].queryset = approved.order_by("-approved_at")  # type: ignore[attr-defined]

    def patients_named(self) -> list[UUID]:
        """Whose names the form shows."""
        if self.known_patient:
            return [self.known_patient.pk]
        return list(self.fields["patient"].queryset.values_list("pk", flat=True))  # type: ignore[attr-defined]  # a ModelChoiceField

    def upload(self, *, by: Any) -> Document:
        """Raises `Refused`."""
        patient = self.known_patient or self.cleaned_data["patient"]
        return ingestion.upload(
            patient_id=patient.pk,
            name=self.cleaned_data["file"].name,
            title=self.cleaned_data["title"],
            data=self.contents(),
            by=by,
            replaces=self.cleaned_data.get("replaces"),
        )
