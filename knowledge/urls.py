"""Addresses of the pages about documents."""

from django.urls import URLPattern, path

from knowledge import leaflet_views, views

app_name = "knowledge"
urlpatterns: list[URLPattern] = [
    path("library/", leaflet_views.library, name="library"),
    path("library/upload/", leaflet_views.upload, name="leaflet_upload"),
    path("library/<uuid:leaflet_id>/", leaflet_views.leaflet, name="leaflet"),
    path("library/<uuid:leaflet_id>/progress/", leaflet_views.progress, name="leaflet_progress"),
    path("library/<uuid:leaflet_id>/approve/", leaflet_views.approve, name="leaflet_approve"),
    path("library/<uuid:leaflet_id>/retire/", leaflet_views.retire, name="leaflet_retire"),
    path("documents/", views.documents, name="documents"),
    path("upload/", views.upload, name="upload_any"),
    path("patients/<uuid:patient_id>/upload/", views.upload, name="upload"),
    path("documents/<uuid:document_id>/", views.document, name="document"),
    path("documents/<uuid:document_id>/progress/", views.progress, name="progress"),
    path("documents/<uuid:document_id>/approve/", views.approve, name="approve"),
    path("documents/<uuid:document_id>/original/", views.original, name="original"),
    path("documents/<uuid:document_id>/pages/<int:number>/", views.page, name="page"),
    path("documents/<uuid:document_id>/pages/<int:number>/picture/", views.picture, name="picture"),
]
