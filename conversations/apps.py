from django.apps import AppConfig


class ConversationsConfig(AppConfig):
    name = "conversations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from clinic import live_calls, reference
        from conversations import panels, sessions
        from conversations.plan_keeper import ClinicPlans
        from knowledge import hooks

        hooks.keep_plans_with(ClinicPlans())
        panels.register()
        live_calls.register(sessions.live)
        reference.add_page("guardrails.md", _guardrails)


def _guardrails() -> str:
    from conversations.guardrails import handbook  # loads the lexicon, which only the page and calls need

    return handbook.page()
