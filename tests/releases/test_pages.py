"""The pages of releases: an administrator drafts and rolls out, a clinician signs, both may take one back."""

import pytest
from django.utils import timezone

from compliance.models import AuditEvent
from conversations.models import CallMeasure, Release, Rollout, Session
from tests import cast

pytestmark = pytest.mark.django_db
FORM = {
    "note": "Shorter answers",
    "model_name": "",
    "decoding_temperature": "0.2",
    "decoding_max_tokens": "200",
    "prompt_version": "v1",
    "limits_first_sentence_s": "2.5",
    "limits_turn_s": "8",
}


def text(response) -> str:
    assert response.status_code == 200
    page: str = response.content.decode()
    return page


def test_the_whole_way_of_a_release_through_its_pages():
    admin, osei = cast.signed_in(cast.admin()), cast.signed_in(cast.dr_osei())
    assert "No releases yet" in text(admin.get("/releases/"))
    drafted = admin.post("/releases/draft/", FORM)
    release = Release.objects.get()
    page = f"/releases/{release.pk}/"
    assert drafted.headers["Location"] == page
    before = text(admin.get(page))
    assert "Longest answer, in tokens" in before
    assert "Roll out" not in before
    osei.post(page + "sign/")
    assert "Abena Osei" in text(osei.get(page))
    rolled = admin.post(page + "roll-out/", {"percent": "10"})
    rollout = Rollout.objects.get()
    assert rolled.headers["Location"] == f"/rollouts/{rollout.pk}/"
    assert "10 % of patients" in text(osei.get(f"/rollouts/{rollout.pk}/"))
    admin.post(f"/rollouts/{rollout.pk}/percent/", {"percent": "40"})
    assert "40 % of patients" in text(admin.get("/releases/"))
    assert "Take release" in text(osei.get(f"/rollouts/{rollout.pk}/roll-back/"))
    assert Rollout.objects.get().state == "running"  # asking changed nothing
    admin.post(f"/rollouts/{rollout.pk}/complete/")
    assert "In use" in text(admin.get("/releases/"))
    osei.post(f"/rollouts/{rollout.pk}/roll-back/")
    assert "A person decided so" in text(admin.get(f"/rollouts/{rollout.pk}/"))
    assert AuditEvent.objects.get(action="release.rolled_back").actor == f"user:{cast.dr_osei().pk}"


def test_a_draft_that_changes_nothing_twice_is_refused_in_words():
    admin = cast.signed_in(cast.admin())
    admin.post("/releases/draft/", FORM)
    assert "is exactly this" in text(admin.post("/releases/draft/", FORM))


@pytest.mark.parametrize("path", ["sign/", "roll-out/"])
def test_admins_do_not_sign_and_clinicians_do_not_roll_out(path):
    admin = cast.signed_in(cast.admin())
    admin.post("/releases/draft/", FORM)
    page = f"/releases/{Release.objects.get().pk}/{path}"
    wrong = admin if path == "sign/" else cast.signed_in(cast.dr_osei())
    assert wrong.post(page, {"percent": 5}).status_code == 403
    assert not Rollout.objects.exists()
    assert Release.objects.get().signed_by is None


def test_a_percentage_that_leaves_nobody_to_compare_with_changes_nothing():
    admin, osei = cast.signed_in(cast.admin()), cast.signed_in(cast.dr_osei())
    admin.post("/releases/draft/", FORM)
    page = f"/releases/{Release.objects.get().pk}/"
    osei.post(page + "sign/")
    assert "between 1 and 95" in text(admin.post(page + "roll-out/", {"percent": "100"}, follow=True))
    assert not Rollout.objects.exists()


def test_an_overspent_budget_is_on_the_page_and_the_form_asks_whether_it_is_mended():
    admin, osei = cast.signed_in(cast.admin()), cast.signed_in(cast.dr_osei())
    admin.post("/releases/draft/", FORM)
    page = f"/releases/{Release.objects.get().pk}/"
    osei.post(page + "sign/")
    assert "It mends" not in text(admin.get(page))
    ended = Session.objects.create(patient=cast.maria(), state="ended", ended_at=timezone.now())
    CallMeasure.objects.create(session=ended, turns=1000, failed_turns=20)
    assert "Overspent" in text(admin.get("/releases/"))
    assert "It mends" in text(admin.get(page))
    refused = text(admin.post(page + "roll-out/", {"percent": "5"}, follow=True))
    assert "error budget is overspent" in refused
    assert not Rollout.objects.exists()
    admin.post(page + "roll-out/", {"percent": "5", "mends": "on"})
    assert Rollout.objects.get().percent == 5
