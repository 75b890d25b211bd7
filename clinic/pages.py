"""Addresses of the clinic's pages."""

from django.urls import URLPattern, path

from clinic.views import choices, home, invitation

app_name = "clinic"
urlpatterns: list[URLPattern] = [
    path("", home.home, name="home"),
    path("i/<str:token>/", invitation.invitation, name="invitation"),
    path("choices/", choices.choices, name="choices"),
    path("choices/withdraw/", choices.withdraw, name="withdraw"),
]
