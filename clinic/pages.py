"""Addresses of the clinic's pages."""

from django.urls import URLPattern, path

from clinic import views

app_name = "clinic"
urlpatterns: list[URLPattern] = [
    path("", views.home, name="home"),
]
