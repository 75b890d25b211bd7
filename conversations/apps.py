from django.apps import AppConfig


class ConversationsConfig(AppConfig):
    name = "conversations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from conversations.plan_keeper import ClinicPlans
        from knowledge import hooks

        hooks.keep_plans_with(ClinicPlans())
