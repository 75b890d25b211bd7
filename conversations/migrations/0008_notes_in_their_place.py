"""Notes of reviews were sealed before their row had a number, and open nowhere: each is sealed again in its place."""

from django.db import migrations

from compliance import encryption, keyring
from compliance.errors import SealBroken

TABLE, COLUMN = "conversations_callreview", "note"
ROWS = f"SELECT r.id, r.note, s.patient_id FROM {TABLE} r JOIN conversations_session s ON s.id = r.session_id"


def seal_again(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(ROWS)
        for number, sealed, patient_id in cursor.fetchall():
            key = keyring.key_for(patient_id)
            try:
                plain = encryption.open_sealed(bytes(sealed), key, encryption.Place(TABLE, COLUMN, "None"))
            except SealBroken:
                continue  # in its place already
            again = encryption.seal(plain, key, encryption.Place(TABLE, COLUMN, str(number)))
            cursor.execute(f"UPDATE {TABLE} SET {COLUMN} = %s WHERE id = %s", [again, number])


class Migration(migrations.Migration):

    dependencies = [
        ('conversations', '0007_noticed'),
    ]

    operations = [
        migrations.RunPython(seal_again, migrations.RunPython.noop),
    ]
