"""Addresses of the clinic's pages."""

from django.urls import URLPattern, path

from clinic import views

app_name = "clinic"
urlpatterns: list[URLPattern] = [
    path("", views.home, name="home"),
    path("i/<str:token>/", views.home, name="invitation"),
]
