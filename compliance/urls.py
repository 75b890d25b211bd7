"""Addresses of the compliance officer's pages."""

from django.urls import URLPattern, path

from compliance.views import consents, glass, presence, proof, records, rights, trail

app_name = "compliance"
urlpatterns: list[URLPattern] = [
    path("trail/", trail.ledger, name="trail"),
    path("trail/find/", trail.find, name="find"),
    path("trail/patient/<uuid:patient_id>/", trail.who_looked, name="who_looked"),
    path("trail/<int:event_id>/", trail.proof, name="proof_of_entry"),
    path("proof/", proof.status, name="proof"),
    path("proof/verify/", proof.verify_now, name="verify_now"),
    path("consents/", consents.ledger, name="consents"),
    path("consents/<uuid:patient_id>/", consents.of_patient, name="consents_of_patient"),
    path("trail/export.<str:form>", records.export, name="export"),
    path("requests/", rights.requests, name="requests"),
    path("requests/<uuid:request_id>/decide/", rights.decide, name="decide"),
    path("patients/<uuid:patient_id>/", rights.of_patient, name="rights_of_patient"),
    path("patients/<uuid:patient_id>/copy/", rights.copy, name="copy"),
    path("patients/<uuid:patient_id>/erase/", rights.ask_erasure, name="ask_erasure"),
    path("patients/<uuid:patient_id>/hold/", rights.hold, name="hold"),
    path("patients/<uuid:patient_id>/restrict/", rights.restrict, name="restrict"),
    path("patients/<uuid:patient_id>/unrestrict/", rights.unrestrict, name="unrestrict"),
    path("holds/<uuid:hold_id>/lift/", rights.lift, name="lift"),
    path("emergency/", glass.emergency, name="emergency"),
    path("break-glass/", glass.reviews, name="break_glass"),
    path("break-glass/<uuid:glass_id>/", glass.review, name="review_glass"),
    path("still-here/", presence.still_here, name="still_here"),
    path("retention/", records.kept, name="retention"),
    path("breach/", records.breach_scope, name="breach"),
]
