"""How long each turn took: numbers only, so that it can be kept and plotted without a patient's words."""

from django.db import models

from conversations.models.sessions import Session


class TurnTiming(models.Model):
    """One turn's stages, each in ms after the patient's last sound (conversations.live.desk.Timing).

    Null is what the turn did not have. `heard_ms` comes from the patient's page.
    `version`, `host`, `language` and `age_band` are copied in, so that groups can be compared
    and nobody is served worse unnoticed.
    """

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="timings")
    turn = models.PositiveIntegerField()
    at = models.DateTimeField()
    decided_ms = models.IntegerField()
    sentence_ms = models.IntegerField()
    sound_ready_ms = models.IntegerField()
    on_wire_ms = models.IntegerField()
    recognised_ms = models.IntegerField(null=True)
    retrieved_ms = models.IntegerField(null=True)
    token_ms = models.IntegerField(null=True)
    heard_ms = models.IntegerField(null=True)
    guard_ms = models.IntegerField(null=True)  # a length
    gate_ms = models.IntegerField(null=True)  # a length
    version = models.CharField(max_length=40)
    host = models.CharField(max_length=80)
    language = models.CharField(max_length=16)
    age_band = models.CharField(max_length=8)  # "60–69"

    class Meta:
        constraints = [models.UniqueConstraint(fields=["session", "turn"], name="one_timing_a_turn")]
        indexes = [models.Index(fields=["at"])]


class LinkReport(models.Model):
    """What the patient's browser measured of a stretch of the call (getStats), some ten seconds each."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="link_reports")
    at = models.DateTimeField()
    round_trip_ms = models.FloatField(null=True)
    jitter_ms = models.FloatField(null=True)
    lost_share = models.FloatField(null=True)  # of audio packets, 0 to 1
    concealed_share = models.FloatField(null=True)  # of audio samples that had to be invented
    frozen_ms = models.FloatField(null=True)  # the picture stood still this long
    frames_per_s = models.FloatField(null=True)
    offset_ms = models.FloatField(null=True)  # picture behind sound, by playout timestamps

    class Meta:
        indexes = [models.Index(fields=["at"])]
