"""The consent ledger gets numbers: the order that counts, whatever the clocks say."""

import uuid

from django.db import migrations, models

TRIGGER = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON compliance_consententry
    FOR EACH ROW EXECUTE FUNCTION compliance_append_only();
ALTER TABLE compliance_consententry ENABLE ALWAYS TRIGGER append_only;
"""


class Migration(migrations.Migration):
    dependencies = [("compliance", "0004_append_only")]
    operations = [
        migrations.DeleteModel("ConsentEntry"),
        migrations.CreateModel(
            name="ConsentEntry",
            fields=[
                ("number", models.BigAutoField(primary_key=True, serialize=False)),
                ("uid", models.UUIDField(default=uuid.uuid4, unique=True)),
                ("at", models.DateTimeField()),
                ("patient_id", models.UUIDField(db_index=True)),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("ai_call", "Video call with an AI assistant"),
                            ("voice", "Turning your voice into words"),
                            ("perception", "Noticing expression and posture"),
                            ("recording", "Recording the call"),
                            ("memory", "Remembering between calls"),
                            ("external_model", "Using an outside language model"),
                            ("sharing", "Sharing with people you name"),
                        ],
                        max_length=32,
                    ),
                ),
                ("granted", models.BooleanField()),
                ("text_version", models.CharField(max_length=32)),
                ("text_sha256", models.CharField(max_length=64)),
                ("language", models.CharField(max_length=16)),
                ("method", models.CharField(max_length=32)),
            ],
            options={
                "indexes": [models.Index(fields=["patient_id", "purpose", "-number"], name="consent_latest")],
            },
        ),
        migrations.RunSQL(TRIGGER, "DROP TRIGGER append_only ON compliance_consententry"),
    ]
