from django.apps import AppConfig


class ClinicConfig(AppConfig):
    name = "clinic"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from clinic import follow_ups, retention
        from clinic.webhooks import deliveries
        from compliance import audit

        retention.register_keepers()
        audit.when_recorded("session.ended", follow_ups.note_call_ended)
        deliveries.listen_to_the_audit_trail()
