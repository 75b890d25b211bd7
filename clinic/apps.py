from django.apps import AppConfig


class ClinicConfig(AppConfig):
    name = "clinic"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from clinic import retention
        from clinic.webhooks import deliveries

        retention.register_keepers()
        deliveries.listen_to_the_audit_trail()
