from django.urls import URLPattern, path

from conversations import dashboard, memory_pages, metrics, protocol_pages, views
from conversations.releases import views as releases
from conversations.reviews import views as reviews

app_name = "conversations"
urlpatterns: list[URLPattern] = [
    path("call/", views.ready, name="ready"),
    path("call/<uuid:session_id>/after/", views.after, name="after"),
    path("calls/<uuid:session_id>/join/", views.join, name="join"),
    path("call/<uuid:session_id>/show/", views.show, name="show"),
    path("calls/<uuid:session_id>/", views.transcript, name="transcript"),
    path("memory/", memory_pages.mine, name="memory"),
    path("memory/<uuid:fact_id>/correct/", memory_pages.correct_mine, name="memory_correct_mine"),
    path("memory/<uuid:fact_id>/settle/", memory_pages.settle_mine, name="memory_settle_mine"),
    path("memory/<uuid:fact_id>/forget/", memory_pages.forget_mine, name="memory_forget_mine"),
    path("patients/<uuid:patient_id>/memory/<uuid:fact_id>/", memory_pages.fact_page, name="memory_fact"),
    path("patients/<uuid:patient_id>/memory/<uuid:fact_id>/settle/", memory_pages.settle, name="memory_settle"),
    path("patients/<uuid:patient_id>/memory/<uuid:fact_id>/forget/", memory_pages.forget, name="memory_forget"),
    path("protocols/", protocol_pages.protocol_list, name="protocols"),
    path("protocols/import/", protocol_pages.protocol_import, name="protocol_import"),
    path("protocols/<slug:name>/edit/", protocol_pages.protocol_edit, name="protocol_edit"),
    path("protocols/<slug:name>/export/", protocol_pages.protocol_export, name="protocol_export"),
    path("protocols/versions/<uuid:version_id>/", protocol_pages.version_page, name="protocol"),
    path("protocols/versions/<uuid:version_id>/publish/", protocol_pages.version_publish, name="protocol_publish"),
    path("protocols/versions/<uuid:version_id>/drop/", protocol_pages.version_drop, name="protocol_drop"),
    path("metrics", metrics.metrics, name="metrics"),
    path("dashboards/", dashboard.dashboard, name="dashboard"),
    path("call/<uuid:session_id>/rate/", views.rate, name="rate"),
    path("reviews/", reviews.review_list, name="reviews"),
    path("reviews/<uuid:session_id>/", reviews.review, name="review"),
    path("releases/", releases.release_list, name="releases"),
    path("releases/draft/", releases.release_draft, name="release_draft"),
    path("releases/<uuid:release_id>/", releases.release, name="release"),
    path("releases/<uuid:release_id>/sign/", releases.sign, name="release_sign"),
    path("releases/<uuid:release_id>/roll-out/", releases.roll_out, name="release_roll_out"),
    path("rollouts/<uuid:rollout_id>/", releases.rollout, name="rollout"),
    path("rollouts/<uuid:rollout_id>/percent/", releases.widen, name="rollout_widen"),
    path("rollouts/<uuid:rollout_id>/complete/", releases.complete, name="rollout_complete"),
    path("rollouts/<uuid:rollout_id>/roll-back/", releases.roll_back, name="rollout_back"),
    path("dashboards/calls/<uuid:session_id>/", dashboard.waterfall, name="waterfall"),
]
