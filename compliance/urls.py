"""Addresses of the compliance officer's pages."""

from django.urls import URLPattern, path

from compliance.views import consents, proof, trail

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
]
