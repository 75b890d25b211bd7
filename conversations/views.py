"""Pages of a call: for the patient, getting ready, the call itself and what was agreed; for staff, the transcript."""

from uuid import UUID

from csp.decorators import csp_update
from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from clinic import call_backs, pictures
from clinic.errors import NotAPicture
from clinic.models import Patient
from clinic.views.record import patient_for
from compliance import audit, consent
from compliance.access import Role, patient_only, role_required
from compliance.consent_texts import POSTURE_NAMED_SINCE
from compliance.errors import ConsentMissing
from compliance.models import Purpose
from conversations import agreed, faces, noticed, sessions
from conversations.models import CallMeasure, Session, Utterance

RATINGS = ("1", "2", "3", "4", "5")

TRANSCRIPT_READ = audit.action("transcript.read", "{actor} read the transcript of {patient}'s call", "R")
RATED = audit.action("call.rated", "{patient} rated the call", "U")
SUMMARY_READ = audit.action("summary.read", "{actor} read what was agreed in the call with {patient}", "R")

# What notices the patient's expression and what draws the face, on their own device, is WebAssembly; no other page may
# compile any.
MAY_COMPILE = {"script-src": ["'wasm-unsafe-eval'"]}


@csp_update(MAY_COMPILE)
@patient_only
@never_cache
def ready(request: HttpRequest) -> HttpResponse:
    """Camera and microphone check, and then, on the same page, the call: joining is the
    gesture that lets a browser play sound."""
    patient = _patient(request)
    try:
        session = sessions.open_for(patient.id)
    except ConsentMissing:
        return redirect("clinic:choices")
    granted = consent.granted(patient.id)
    context = {
        "patient": patient,
        "session": session,
        "face": settings.CALL_VIDEO_SIZE > 0,
        "edge_face": faces.to_draw(session.settings),
        "edge_face_on": settings.CALL_FACE == "edge",
        "perception": Purpose.PERCEPTION in granted,
        "posture": consent.granted_since(patient.id, Purpose.PERCEPTION, POSTURE_NAMED_SINCE),
        "pictures_agreed": Purpose.PICTURES in granted,
        "pictures_text": consent.text(Purpose.PICTURES, patient.language).words,
        "words": words(),
    }
    return render(request, "conversations/call.html", context)


@patient_only
@never_cache
def after(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """What we talked about, in plain words, to keep or print."""
    patient = _patient(request)
    session = get_object_or_404(Session, pk=session_id, patient=patient)
    audit.record(SUMMARY_READ, patient_id=patient.id, subject=f"session:{session.id}")
    utterances = Utterance.objects.filter(session=session).select_related("session")
    escalated = patient.escalations.filter(session_id=session.id)
    context = {
        "patient": patient,
        "session": session,
        "utterances": utterances,
        "escalated": escalated,
        "call_back": call_backs.told_on_page(session.pk),
        "zone": patient.time_zone,
        "answers": agreed.answers(session),
        "ratings": RATINGS,
        "rated": CallMeasure.objects.filter(session=session, rating__isnull=False).exists(),
    }
    return render(request, "conversations/after.html", context)


@patient_only
@require_POST
def rate(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """How helpful the call was, from 1 to 5, if the patient likes to say."""
    session = get_object_or_404(Session, pk=session_id, patient=_patient(request))
    if request.POST.get("rating") in RATINGS:
        with transaction.atomic():
            CallMeasure.objects.update_or_create(session=session, defaults={"rating": int(request.POST["rating"])})
            audit.record(RATED, patient_id=session.patient_id, subject=f"session:{session.id}")
        messages.success(request, _("Thank you for telling us."))
    return redirect("conversations:after", session.pk)


@patient_only
@require_POST
def show(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """A picture that the patient looked at and chose to send. `agree` gives the consent that it needs."""
    patient = _patient(request)
    session = get_object_or_404(Session, pk=session_id, patient=patient)
    if request.POST.get("agree"):
        consent.grant(patient.id, {Purpose.PICTURES} - consent.granted(patient.id), language=patient.language)
    upload = request.FILES.get("picture")
    try:
        if upload is None or (upload.size or 0) > pictures.MAX_BYTES:
            raise NotAPicture("none, or too large")
        pictures.show(patient.id, session.id, upload.read(), request.POST.get("about", ""))
    except ConsentMissing:
        return JsonResponse(
            {"said": _("Nothing was sent. Agree first that the picture goes to your care team.")}, status=403
        )
    except NotAPicture:
        return JsonResponse({"said": _("That was not a picture we can read. Please take it again.")}, status=422)
    return JsonResponse({"said": _("Your care team has the picture.")})


@role_required(Role.CLINICIAN)
@never_cache
def transcript(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Every word as it was heard, with positions that escalations point to."""
    session = get_object_or_404(Session.objects.select_related("patient"), pk=session_id)
    patient = patient_for(request, session.patient_id)
    audit.record(TRANSCRIPT_READ, patient_id=patient.id, subject=f"session:{session.id}")
    context = {
        "patient": patient,
        "session": session,
        "utterances": Utterance.objects.filter(session=session).select_related("session"),
        "escalations": patient.escalations.filter(session_id=session.id).order_by("position_ms"),
        "answers": agreed.answers(session),
        "noticed": noticed.told(session),
    }
    return render(request, "conversations/transcript.html", context)


@role_required(Role.CLINICIAN)
@never_cache
def join(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """A running call, for the clinician who joins it. Nothing is sent before they say so; joining itself is
    audited by `conversations.colleagues`."""
    session = get_object_or_404(Session.objects.select_related("patient"), pk=session_id)
    patient = patient_for(request, session.patient_id)
    if session.state == Session.State.ENDED:
        return redirect("conversations:transcript", session.id)
    audit.record(TRANSCRIPT_READ, patient_id=patient.id, subject=f"session:{session.id}")
    context = {
        "patient": patient,
        "session": session,
        "utterances": Utterance.objects.filter(session=session).select_related("session"),
        "escalations": patient.escalations.filter(session_id=session.id).order_by("position_ms"),
        "words": _colleague_words(patient),
    }
    return render(request, "conversations/join.html", context)


def _patient(request: HttpRequest) -> Patient:
    return get_object_or_404(Patient, pk=request.session["patient_id"], erased_at=None)


def words() -> dict[str, str]:
    """What the call page's scripts say, in the patient's language."""
    return {
        **_words_of_what_is_seen(),
        "you": _("You"),
        "assistant": _("Assistant"),
        "typed": _("typed"),
        "correct_here": _("What did you say? Put it right here."),
        "listening": _("Listening"),
        "thinking": _("Thinking"),
        "speaking": _("Speaking"),
        "connecting": _("Connecting you. This takes a few seconds."),
        "reconnecting": _("The connection is weak. We are bringing you back; please stay here."),
        "slow": _("It is taking longer than it should. Please stay here, or call your clinic if it is urgent."),
        "no_microphone": _("We can't hear a microphone. You can type below, or allow the microphone and reload."),
        "no_camera": _("No camera found. That is fine: the call works without it."),
        "camera_fine": _("Your camera works. Only someone from your care team who joins will see you."),
        "microphone_fine": _("We can hear your microphone. Say a few words and watch the bar."),
        "microphone_off": _("Your microphone is off. Turn it on when you want to speak."),
        "bad_offer": _("Your browser and our server could not agree on a connection. Please reload this page."),
        "not_understood": _("Something this page sent was not understood. Please reload it."),
        "emergency": _("Your care team has been alerted. If you are in danger, call your emergency number now."),
        "urgent": _("Your care team has been told. Someone will get in touch with you."),
        "page": _("{title}, page {page}"),
        "mute": _("Microphone off"),
        "unmute": _("Microphone on"),
        "camera_on": _("Camera on"),
        "camera_off": _("Camera off"),
        "assistant_badge": _("AI assistant"),
        "with_person": _("{name}, your care team"),
        "self_seen": _("Your picture, seen by you and {name}"),
        "self_unseen": _("Your picture, seen by you only"),
    }


def _colleague_words(patient: Patient) -> dict[str, str]:
    """What the joining clinician's page says."""
    return {
        "you": patient.name,
        "assistant": _("Assistant"),
        "connecting": _("Joining…"),
        "connected": _("You are in the call. The assistant is silent until you hand back."),
        "reconnecting": _("The connection is weak. Bringing you back; the assistant waits."),
        "no_microphone": _("No microphone: allow it in your browser, then reload. The patient cannot hear you."),
        "taken": _("A colleague is already in this call. You can read along in the transcript."),
        "bad_offer": _("Your browser and our server could not agree on a connection. Please reload this page."),
        "not_understood": _("Something this page sent was not understood. Please reload it."),
        "page": _("{title}, page {page}"),
        "mute": _("Microphone off"),
        "unmute": _("Microphone on"),
        "camera_on": _("Camera on"),
        "camera_off": _("Camera off"),
    }


def _words_of_what_is_seen() -> dict[str, str]:
    """What is noticed from the camera, and what is shown to it."""
    return {
        "notice_begins": _("Getting ready to look. This takes a few seconds."),
        "notice_here": _("You are looking at the screen."),
        "notice_away": _("You are looking away."),
        "notice_shut": _("Your eyes are closed."),
        "notice_open": _("Your mouth is open."),
        "notice_leaning": _("You are leaning to one side."),
        "notice_chest": _("Your hand is on your chest."),
        "notice_belly": _("Your hand is on your belly."),
        "notice_no_face": _("I cannot see your face."),
        "notice_no_camera": _("Your camera is off. I notice nothing."),
        "notice_off": _("Switched off. I notice nothing from your camera."),
        "notice_taken_back": _("You took this choice back. I notice nothing from your camera."),
        "notice_broken": _("This device cannot do it. The call works without."),
        "notice_stop": _("Stop noticing"),
        "notice_start": _("Start noticing"),
        "show_no_camera": _("No camera found. You can describe it instead."),
        "show_cancel": _("Cancel"),
        "show_close": _("Close"),
        "show_not_sent": _("It could not be sent. Please try again."),
    }
