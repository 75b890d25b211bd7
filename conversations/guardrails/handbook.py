"""The page of the documentation that lists every guardrail, written from the rules themselves."""

from conversations.guardrails import lexicon, rules
from conversations.live.dialogue import Verdict

_MEANS = {
    Verdict.NONE: "nothing happens",
    Verdict.NOTE: "noted",
    Verdict.ASK_BACK: "asked back",
    Verdict.QUESTION: "the care team is asked",
    Verdict.ESCALATE: "escalated at once",
    Verdict.EMERGENCY: "emergency text, everyone is paged",
}


def page() -> str:
    lines = [
        "# Guardrails",
        "",
        "What is checked in the patient's words, by rule, before anything is said. Written from the code: "
        "`conversations/guardrails/lexicon/` holds the rules and the words.",
        "",
        "| rule | what it is about | what happens |",
        "|---|---|---|",
    ]
    lines += [f"| `{rule.id}` | {rule.text} | {_MEANS[rule.verdict]} |" for rule in rules.declared().values()]
    named = sorted(lexicon.concepts())
    lines += ["", f"## The {len(named)} named symptoms", "", ", ".join(named) + "."]
    lines += ["", "Any part of the body with anything it may do (“my elbow is swollen”) is recognised besides."]
    return "\n".join(lines) + "\n"
