from django.apps import AppConfig


class ComplianceConfig(AppConfig):
    name = "compliance"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from compliance import data_map, own_data, sign_in  # noqa: F401  # describes compliance's own tables

        sign_in.connect()
        data_map.discover()
