from django.apps import AppConfig


class ClinicConfig(AppConfig):
    name = "clinic"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from clinic import call_backs, celery, escalations, follow_ups, glass_notices, retention
        from clinic.webhooks import deliveries
        from compliance import audit, breach

        celery.app.set_default()  # or every hint of a process that is no worker goes to a broker that is not there
        retention.register_keepers()
        breach.lists("escalations", breach.Named(escalations.whose, escalations.of_patient))
        audit.when_recorded("session.ended", follow_ups.note_call_ended)
        audit.when_recorded("escalation.resolved", call_backs.note_resolved)
        audit.when_recorded("session.colleague_joined", call_backs.note_joined)
        audit.when_recorded("break_glass.broken", glass_notices.note)
        deliveries.listen_to_the_audit_trail()
