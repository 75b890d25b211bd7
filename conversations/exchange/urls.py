"""Addresses for other systems, and of the pages where an administrator lets them in."""

from django.urls import URLPattern, URLResolver, include, path

from conversations.exchange import smart, views
from conversations.exchange.api import service
from conversations.exchange.fhir import views as fhir

pages: list[URLPattern] = [
    path("", views.client_list, name="clients"),
    path("add/", views.client_add, name="client_add"),
    path("<uuid:client_id>/", views.client_page, name="client"),
    path("<uuid:client_id>/close/", views.client_close, name="client_close"),
    path("<uuid:client_id>/tokens/", views.token_make, name="token_make"),
    path("<uuid:client_id>/tokens/<uuid:token_id>/revoke/", views.token_revoke, name="token_revoke"),
]
resources: list[URLPattern] = [
    path("metadata", fhir.metadata, name="metadata"),
    path("token", smart.token, name="token"),
    path(".well-known/smart-configuration", smart.configuration, name="smart_configuration"),
    path("<str:fhir_type>", fhir.search_some, name="search"),
    path("<str:fhir_type>/_search", fhir.search_by_post, name="search_by_post"),
    path("<str:fhir_type>/<str:resource_id>", fhir.read_one, name="read"),
    path("<path:elsewhere>", fhir.nowhere, name="nowhere"),
]
urlpatterns: list[URLPattern | URLResolver] = [
    path("systems/", include((pages, "exchange"))),
    path("fhir/", include((resources, "fhir"))),
    path(".well-known/smart-configuration", smart.configuration, name="smart_configuration"),
    path("api/v1/", include((service.addresses(), "ninja"), namespace="api-1")),
]
