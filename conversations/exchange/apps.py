from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "conversations.exchange"
    label = "exchange"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from clinic import reference

        reference.add_page("api.md", _api)


def _api() -> str:
    from conversations.exchange import handbook  # loads the whole API, which only the page and the web process need

    return handbook.page()
