"""The form in which an admin edits a protocol: its texts, every question as it is asked, and who hears of the answers.

What leads from one question to the next is edited as YAML, which is checked the same way.
"""

from dataclasses import replace
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.models import WebhookEndpoint
from conversations import protocols
from conversations.objectives import Objective, Variable
from conversations.protocols import BadProtocol, CallProtocol

PLACES = _("{called} and {clinic} are filled in for each patient.")


class ProtocolForm(forms.Form):
    """`protocol` is what is edited; `edited()` the result, once the form is valid."""

    title = forms.CharField(label=_("Title"), max_length=120)
    greeting = forms.CharField(label=_("Greeting"), widget=forms.Textarea(attrs={"rows": 3}), help_text=PLACES)
    closing = forms.CharField(label=_("Goodbye"), widget=forms.Textarea(attrs={"rows": 3}), required=False)
    manner = forms.CharField(label=_("Manner of speaking"), max_length=200, required=False)
    suits = forms.CharField(
        label=_("For which conditions"),
        required=False,
        help_text=_("Words of the diagnosis or operation, with commas between."),
    )
    emergency_number = forms.CharField(label=_("Emergency number"), max_length=20)
    crisis_line = forms.CharField(label=_("Crisis line"), max_length=20)
    guardrails = forms.CharField(
        label=_("What it must not talk about, a line each"),
        widget=forms.Textarea(attrs={"rows": 3}),
        required=False,
        help_text=_("They steer a language model. They replace no rule."),
    )

    def __init__(self, protocol: CallProtocol, data: Any = None) -> None:
        super().__init__(data, initial=_initial(protocol))
        self.protocol = protocol
        for objective in protocol.objectives:
            self.fields[_told_field(objective)] = _told(objective)
            for variable in objective.output_variables:
                self.fields[_field(objective, variable)] = forms.CharField(
                    label=_question_label(objective, variable), initial=variable.ask, max_length=300
                )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            try:
                self._edited = protocols.parse(protocols.dump(self._changed(cleaned)))
            except BadProtocol as problem:
                for line in str(problem).splitlines():
                    self.add_error(None, line)
        return cleaned

    def edited(self) -> CallProtocol:
        return self._edited

    def _changed(self, given: dict[str, Any]) -> CallProtocol:
        return replace(
            self.protocol,
            title=given["title"],
            greeting=given["greeting"],
            closing=given["closing"],
            persona={**self.protocol.persona, "manner": given["manner"]},
            suits=tuple(word.strip() for word in given["suits"].split(",") if word.strip()),
            emergency_number=given["emergency_number"],
            crisis_line=given["crisis_line"],
            guardrails=tuple(line.strip() for line in given["guardrails"].splitlines() if line.strip()),
            objectives=tuple(_reworded(objective, given) for objective in self.protocol.objectives),
        )


class YamlForm(forms.Form):
    """A whole protocol, pasted or uploaded. `protocol` holds it once the form is valid."""

    text = forms.CharField(
        label=_("Protocol as YAML"), widget=forms.Textarea(attrs={"rows": 24, "class": "mono"}), max_length=200_000
    )

    protocol: CallProtocol

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"]
        try:
            self.protocol = protocols.parse(text)
        except BadProtocol as problem:
            raise forms.ValidationError(str(problem).splitlines()) from problem
        return text


def _initial(protocol: CallProtocol) -> dict[str, str]:
    return {
        "title": protocol.title,
        "greeting": protocol.greeting,
        "closing": protocol.closing,
        "manner": protocol.persona.get("manner", ""),
        "suits": ", ".join(protocol.suits),
        "emergency_number": protocol.emergency_number,
        "crisis_line": protocol.crisis_line,
        "guardrails": "\n".join(protocol.guardrails),
    }


def _field(objective: Objective, variable: Variable) -> str:
    return f"ask-{objective.objective_name}-{variable.name}"


def _told_field(objective: Objective) -> str:
    return f"callback-{objective.objective_name}"


def _told(objective: Objective) -> forms.ChoiceField:
    """Which of the clinic's endpoints hears of it. One that was removed since stays until another is chosen."""
    known = {*WebhookEndpoint.objects.values_list("url", flat=True), objective.callback} - {""}
    name = objective.objective_name.replace("_", " ")
    return forms.ChoiceField(
        label=_("{objective} · is also told to").format(objective=name),
        choices=[("", _("No one else")), *((url, url) for url in sorted(known))],
        initial=objective.callback,
        required=False,
    )


def _question_label(objective: Objective, variable: Variable) -> str:
    name = f"{objective.objective_name} · {variable.name}".replace("_", " ")
    return f"{name} ({variable.only_if})" if variable.only_if else name


def _reworded(objective: Objective, given: dict[str, Any]) -> Objective:
    variables = (replace(v, ask=given[_field(objective, v)]) for v in objective.output_variables)
    return replace(objective, output_variables=tuple(variables), callback=given[_told_field(objective)])
