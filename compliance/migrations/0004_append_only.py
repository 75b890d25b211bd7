"""Nothing in the audit trail, its tree or the consent ledger is ever changed or removed.

The application's role lacks the privileges (compliance.privileges); these triggers
also stop the owner. django-pgtrigger is not used for them, because its triggers
stand aside for any session that sets `pgtrigger.ignore`.
"""

from django.db import migrations

APPEND_ONLY = (
    "compliance_auditevent",
    "compliance_auditleaf",
    "compliance_auditnode",
    "compliance_treehead",
    "compliance_cosignature",
    "compliance_consententry",
)

FUNCTION = """
CREATE FUNCTION compliance_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = '42501';
END $$;
"""
TRIGGER = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION compliance_append_only();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER append_only;
"""
XID = """
ALTER TABLE compliance_auditevent ADD COLUMN xid xid8 NOT NULL DEFAULT pg_current_xact_id();
CREATE INDEX compliance_auditevent_xid ON compliance_auditevent (xid);
"""


class Migration(migrations.Migration):
    dependencies = [("compliance", "0003_sealed_tree")]
    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION compliance_append_only()"),
        *(
            migrations.RunSQL(TRIGGER.format(table=table), f"DROP TRIGGER append_only ON {table}")
            for table in APPEND_ONLY
        ),
        migrations.RunSQL(XID, "ALTER TABLE compliance_auditevent DROP COLUMN xid"),
    ]
