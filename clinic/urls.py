"""Every page's address. Each app lists its own; this file only names the apps."""

from django.urls import include, path

handler500 = "clinic.breakdown.broken"
urlpatterns = [
    path("", include("clinic.pages")),
    path("health/", include("clinic.health")),
    path("", include("compliance.sign_in_urls")),
    path("compliance/", include("compliance.urls")),
    path("knowledge/", include("knowledge.urls")),
    path("", include("conversations.urls")),
    path("", include("conversations.exchange.urls")),
]
