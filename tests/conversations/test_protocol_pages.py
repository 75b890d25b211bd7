"""The admin edits what calls ask: checked, compared, and put into use as a new version."""

import pytest

from clinic.models import WebhookEndpoint
from compliance.models import AuditEvent
from conversations import protocol_book, protocols
from conversations.models import ProtocolVersion
from conversations.releases import book
from tests import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin():
    return cast.signed_in(cast.admin())


def filled(admin, **changes: str) -> dict[str, str]:
    form = admin.get("/protocols/copd/edit/").context["form"]
    return {name: form[name].value() or "" for name in form.fields} | changes


def test_an_edited_question_becomes_a_draft_and_then_what_is_asked(admin):
    given = filled(admin, **{"ask-smoking-smoking": "Have you smoked this week?"})
    page = admin.post("/protocols/copd/edit/", given, follow=True)
    draft = ProtocolVersion.objects.get()
    body = page.content.decode()
    assert "Have you smoked this week?" in body
    assert "<del>" in body
    assert protocol_book.in_use()["copd"].version == 1
    admin.post(f"/protocols/versions/{draft.pk}/publish/")
    used = protocol_book.in_use()["copd"]
    assert used.version == 2
    assert used.objectives[2].output_variables[0].ask == "Have you smoked this week?"
    done = AuditEvent.objects.values_list("action", flat=True)
    assert {"protocol.drafted", "protocol.published"} <= set(done)


def test_an_endpoint_that_hears_of_an_objective_is_chosen_from_the_clinics_own(admin):
    assert "callback-smoking" in filled(admin)
    page = admin.post("/protocols/copd/edit/", filled(admin, **{"callback-smoking": "https://hooks.example/"}))
    assert not ProtocolVersion.objects.exists()  # nobody's endpoint
    assert page.context["form"].errors["callback-smoking"]
    WebhookEndpoint.objects.create(url="https://hooks.example/", secret="whsec_AAAA")
    admin.post("/protocols/copd/edit/", filled(admin, **{"callback-smoking": "https://hooks.example/"}))
    drafted = protocol_book.as_protocol(ProtocolVersion.objects.get())
    told = {one.objective_name: one.callback for one in drafted.objectives if one.callback}
    assert told == {"smoking": "https://hooks.example/"}


def test_a_greeting_that_does_not_disclose_is_refused_with_what_to_do(admin):
    page = admin.post("/protocols/copd/edit/", filled(admin, greeting="Hello there."))
    assert "say that it is an AI assistant" in page.content.decode()
    assert not ProtocolVersion.objects.exists()


def test_a_place_that_nobody_fills_in_is_refused(admin):
    page = admin.post("/protocols/copd/edit/", filled(admin, closing="Bye {friend}."))
    assert "in the place of {friend}" in page.content.decode()


def test_what_is_exported_can_be_changed_and_imported(admin):
    exported = admin.get("/protocols/diabetes/export/")
    assert "attachment" in exported["Content-Disposition"]
    text = exported.content.decode().replace("title: Diabetes", "title: Diabetes at home")
    admin.post("/protocols/import/", {"text": text})
    draft = ProtocolVersion.objects.get()
    assert (draft.name, draft.version, draft.state) == ("diabetes", 2, "draft")
    assert protocol_book.as_protocol(draft).objectives == protocols.load("diabetes").objectives


@pytest.mark.parametrize(
    ("text", "says"), [("{", "not YAML"), ("name: x", "starts with a name, a title and objectives")]
)
def test_what_cannot_be_used_is_refused(admin, text, says):
    assert says in admin.post("/protocols/import/", {"text": text}).content.decode()
    assert not ProtocolVersion.objects.exists()


def test_a_draft_can_be_dropped_and_a_version_in_use_cannot(admin):
    row = protocol_book.draft(protocols.load("copd"), cast.admin())
    assert admin.get(f"/protocols/versions/{row.pk}/").status_code == 200
    admin.post(f"/protocols/versions/{row.pk}/drop/")
    assert not ProtocolVersion.objects.exists()
    used = protocol_book.publish(protocol_book.draft(protocols.load("copd"), cast.admin()))
    admin.post(f"/protocols/versions/{used.pk}/drop/")
    assert ProtocolVersion.objects.filter(pk=used.pk).exists()


def test_only_the_admin_edits(admin):
    assert admin.get("/protocols/").status_code == 200
    assert cast.signed_in(cast.dr_osei()).get("/protocols/").status_code == 403


def test_while_a_release_is_in_use_publishing_says_what_it_does_not_do(admin):
    release = book.draft({"limits.turn_s": 7.0}, "shorter turns", cast.admin())
    book.sign(release, cast.dr_osei())
    release.refresh_from_db()
    book.complete(book.roll_out(release, 50))
    assert "begin with the versions that it was made with" in admin.get("/protocols/").content.decode()
    row = protocol_book.draft(protocols.load("copd"), cast.admin())
    assert "Put into use" not in admin.get(f"/protocols/versions/{row.pk}/").content.decode()
    page = admin.post(f"/protocols/versions/{row.pk}/publish/", follow=True).content.decode()
    assert "once a new release holds it" in page
    assert "begin from now on" not in page
