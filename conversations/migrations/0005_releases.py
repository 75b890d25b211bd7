"""Releases never change once made: a trigger holds it, also against the tables' owner."""

import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models

UNCHANGING = """
CREATE FUNCTION conversations_release_unchanging() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.signed_by_id IS NULL
        AND (NEW.id, NEW.number, NEW.digest, NEW.software, NEW.parts, NEW.note, NEW.made_by_id, NEW.made_at)
            IS NOT DISTINCT FROM
            (OLD.id, OLD.number, OLD.digest, OLD.software, OLD.parts, OLD.note, OLD.made_by_id, OLD.made_at)
    THEN
        RETURN NEW;  -- it is being signed
    END IF;
    RAISE EXCEPTION 'a release never changes' USING ERRCODE = '42501';
END $$;
CREATE TRIGGER unchanging BEFORE UPDATE OR DELETE ON conversations_release
    FOR EACH ROW EXECUTE FUNCTION conversations_release_unchanging();
ALTER TABLE conversations_release ENABLE ALWAYS TRIGGER unchanging;
"""
CHANGING = """
DROP TRIGGER unchanging ON conversations_release;
DROP FUNCTION conversations_release_unchanging();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('clinic', '0006_follow_ups'),
        ('conversations', '0004_turn_timings'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL("CREATE SEQUENCE conversations_release_number", "DROP SEQUENCE conversations_release_number"),
        migrations.CreateModel(
            name='CallMeasure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('turns', models.PositiveIntegerField(default=0)),
                ('failed_turns', models.PositiveIntegerField(default=0)),
                ('sentences', models.PositiveIntegerField(default=0)),
                ('stopped', models.PositiveIntegerField(default=0)),
                ('rating', models.PositiveSmallIntegerField(null=True)),
                ('session', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='measure', to='conversations.session')),
            ],
        ),
        migrations.CreateModel(
            name='Release',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ('number', models.BigIntegerField(db_default=models.Func(models.Value('conversations_release_number'), function='nextval'), editable=False, unique=True)),
                ('digest', models.CharField(max_length=64, unique=True)),
                ('software', models.CharField(max_length=64)),
                ('parts', models.JSONField()),
                ('note', models.CharField(max_length=200)),
                ('made_at', models.DateTimeField(auto_now_add=True)),
                ('signed_at', models.DateTimeField(null=True)),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('signed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-number'],
            },
        ),
        migrations.AddField(
            model_name='session',
            name='release',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='sessions', to='conversations.release'),
        ),
        migrations.CreateModel(
            name='Rollout',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ('state', models.CharField(choices=[('running', 'Being rolled out'), ('complete', 'In use'), ('replaced', 'Replaced'), ('rolled_back', 'Rolled back')], default='running', max_length=16)),
                ('percent', models.PositiveSmallIntegerField()),
                ('limits', models.JSONField()),
                ('started_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('reason', models.CharField(blank=True, max_length=40)),
                ('base', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='conversations.release')),
                ('release', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rollouts', to='conversations.release')),
                ('teams', models.ManyToManyField(blank=True, related_name='+', to='clinic.careteam')),
            ],
            options={
                'ordering': ['-started_at'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'running')), fields=('state',), name='one_rollout_at_a_time'), models.UniqueConstraint(condition=models.Q(('state', 'complete')), fields=('state',), name='one_release_in_use')],
            },
        ),
        migrations.RunSQL(UNCHANGING, CHANGING),
    ]
