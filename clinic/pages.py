"""Addresses of the clinic's pages."""

from django.urls import URLPattern, path

from clinic.views import board, choices, home, invitation, oncall, patients, pictures, plans, queue, staff, webhooks

app_name = "clinic"
urlpatterns: list[URLPattern] = [
    path("", home.home, name="home"),
    # patients
    path("i/<str:token>/", invitation.invitation, name="invitation"),
    path("choices/", choices.choices, name="choices"),
    path("choices/withdraw/", choices.withdraw, name="withdraw"),
    path("another-time/", board.another_time, name="another_time"),
    path("another-time/call.ics", board.calendar_file, name="calendar_file"),
    # staff
    path("queue/", queue.queue_page, name="queue"),
    path("queue/rows/", queue.queue_rows, name="queue_rows"),
    path("escalations/<uuid:escalation_id>/", queue.escalation, name="escalation"),
    path("escalations/<uuid:escalation_id>/acknowledge/", queue.acknowledge, name="acknowledge"),
    path("escalations/<uuid:escalation_id>/start/", queue.start, name="start"),
    path("escalations/<uuid:escalation_id>/resolve/", queue.resolve, name="resolve"),
    path("pictures/<uuid:picture_id>/", pictures.picture, name="picture"),
    path("patients/", patients.patient_list, name="patients"),
    path("patients/enrol/", patients.enrol, name="enrol"),
    path("patients/<uuid:patient_id>/", patients.patient_page, name="patient"),
    path("patients/<uuid:patient_id>/correct/", patients.correct, name="correct"),
    path("patients/<uuid:patient_id>/invite/", patients.invite, name="invite"),
    path("patients/<uuid:patient_id>/invitations/<uuid:invitation_id>/revoke/", patients.revoke, name="revoke"),
    path("patients/<uuid:patient_id>/plan/", plans.plan, name="plan"),
    path("patients/<uuid:patient_id>/plan/draft/", plans.draft_plan, name="draft_plan"),
    path("follow-ups/", board.board, name="board"),
    path("patients/<uuid:patient_id>/follow-ups/<uuid:follow_up_id>/cancel/", board.cancel, name="follow_up_cancel"),
    path("on-call/", oncall.rota, name="rota"),
    path("on-call/away/", oncall.absence, name="absence"),
    path("on-call/teams/<uuid:team_id>/plan/", oncall.plan_shift, name="plan_shift"),
    path("on-call/shifts/<uuid:shift_id>/take/", oncall.take_shift, name="take_shift"),
    path("on-call/shifts/<uuid:shift_id>/remove/", oncall.remove_shift, name="remove_shift"),
    path("webhooks/", webhooks.endpoint_list, name="webhooks"),
    path("webhooks/add/", webhooks.endpoint_add, name="webhook_add"),
    path("webhooks/<uuid:endpoint_id>/", webhooks.endpoint_page, name="webhook"),
    path("webhooks/<uuid:endpoint_id>/rotate/", webhooks.endpoint_rotate, name="webhook_rotate"),
    path("webhooks/<uuid:endpoint_id>/test/", webhooks.endpoint_test, name="webhook_test"),
    path("webhooks/<uuid:endpoint_id>/enable/", webhooks.endpoint_enable, name="webhook_enable"),
    path("webhooks/<uuid:endpoint_id>/disable/", webhooks.endpoint_disable, name="webhook_disable"),
    path("webhooks/<uuid:endpoint_id>/remove/", webhooks.endpoint_remove, name="webhook_remove"),
    path("webhooks/deliveries/<uuid:delivery_id>/replay/", webhooks.delivery_replay, name="webhook_replay"),
    path("staff/", staff.staff_list, name="staff"),
    path("staff/add/", staff.staff_add, name="staff_add"),
    path("staff/<uuid:user_id>/", staff.staff_change, name="staff_change"),
    path("staff/teams/add/", staff.team_add, name="team_add"),
]
