"""Sealing: what is committed is sealed within moments, whoever else is still at work."""

import threading
import time

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections, transaction

from compliance import audit, entries, merkle, notes, sealing, signing, stored_tree, trail_check, witnessing
from compliance.errors import TreeRewritten
from compliance.models import AuditEvent, AuditLeaf, AuditNode, Cosignature, TreeHead

pytestmark = pytest.mark.django_db

HAPPENED = audit.action("test.happened", "Something happened here", "E")


@pytest.fixture(autouse=True)
def keys(settings, tmp_path):
    settings.AUDIT_SIGNING_KEY_PATH = tmp_path / "log" / "key"
    settings.AUDIT_WITNESS_DIR = tmp_path / "witness"


def happen(times=1, **what):
    for number in range(times):
        audit.record(HAPPENED, detail={"number": number, "share": 0.1, "none": None}, reason="ä—€", **what)


def problems():
    return [finding.problem for finding in trail_check.check().findings]


TREE = ("compliance_auditevent", "compliance_auditleaf", "compliance_auditnode", "compliance_treehead")


def as_superuser(statement, *parameters):
    """What somebody who owns the whole server can do."""
    with connection.cursor() as cursor:
        for table in TREE:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER append_only")
        cursor.execute(statement, parameters)


@pytest.fixture
def triggers_are_put_back():
    """For tests that commit: those after them want the database as it was."""
    yield
    with connection.cursor() as cursor:
        for table in TREE:
            cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER append_only")


def test_nothing_to_seal_makes_no_head():
    assert sealing.seal() == 0
    assert not TreeHead.objects.exists()
    assert trail_check.check(public_key=str(notes.verifier_of("log", signing.log_key()))).ok


def test_each_event_is_sealed_once_under_a_signed_head():
    happen(3)
    assert sealing.seal() == 3
    assert sealing.seal() == 0
    happen(2)
    assert sealing.seal() == 2
    heads = TreeHead.objects.order_by("size")
    assert [head.size for head in heads] == [3, 5]
    for head in heads:
        checkpoint = notes.verify(head.note, signing.log_verifier())
        assert (checkpoint.size, checkpoint.root) == (head.size, bytes(head.root))
    report = trail_check.check()
    assert report.ok
    assert (report.entries, report.heads) == (5, 2)


def test_a_batch_has_an_end_and_the_next_goes_on():
    happen(7)
    assert [sealing.seal(limit=3) for _ in range(4)] == [3, 3, 1, 0]
    assert trail_check.check().ok


def test_inner_nodes_are_stored_and_proofs_hold_across_blocks():
    happen(700)
    while sealing.seal(limit=173):
        pass
    assert AuditNode.objects.filter(level=8).count() == 2
    leaves = list(AuditLeaf.objects.order_by("index"))
    hashes = [bytes(leaf.hash) for leaf in leaves]
    whole = merkle.in_memory(hashes)
    head = stored_tree.latest_head()
    assert bytes(head.root) == merkle.root(whole, 700) == stored_tree.ask(lambda tree: merkle.root(tree, 700))
    for index in (0, 255, 256, 511, 512, 699):
        proof = stored_tree.proof_of(leaves[index], head)
        assert merkle.includes(hashes[index], index, 700, proof, bytes(head.root))
    for older in TreeHead.objects.exclude(size=700):
        proof = stored_tree.growth_between(older.size, 700)
        assert merkle.continues(older.size, 700, bytes(older.root), bytes(head.root), proof)


@pytest.mark.django_db(transaction=True)
def test_a_long_transaction_holds_nobody_up_and_is_sealed_when_it_ends():
    begun, finish = threading.Event(), threading.Event()

    def dawdle():
        with transaction.atomic():
            happen(1, subject="slow")
            begun.set()
            finish.wait(10)
        connections.close_all()

    slow = threading.Thread(target=dawdle)
    slow.start()
    begun.wait(10)
    for _ in range(3):
        happen(20)
        assert sealing.seal() == 20
    assert not AuditLeaf.objects.filter(event__subject="slow").exists()
    finish.set()
    slow.join()
    assert sealing.seal() == 1
    leaf = AuditLeaf.objects.get(event__subject="slow")
    assert leaf.index == 60
    assert leaf.event_id < AuditLeaf.objects.get(index=0).event_id
    assert trail_check.check().ok


@pytest.mark.django_db(transaction=True)
def test_an_event_that_was_rolled_back_leaves_no_gap():
    happen()
    with pytest.raises(RuntimeError), transaction.atomic():
        happen()
        raise RuntimeError
    happen()
    assert sealing.seal() == 2
    assert trail_check.check().ok


@pytest.mark.django_db(transaction=True)
def test_two_sealers_do_not_seal_twice():
    happen(10)
    holding, release = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [sealing._LOCK])
            holding.set()
            release.wait(10)
        connections.close_all()

    other = threading.Thread(target=hold)
    other.start()
    holding.wait(10)
    assert sealing.seal() == 0
    release.set()
    other.join()
    assert sealing.seal() == 10


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("triggers_are_put_back")
def test_after_a_restore_into_a_new_cluster_new_events_are_sealed():
    """Restored rows and heads name transactions far in the new cluster's future."""
    happen(4)
    sealing.seal()
    as_superuser("UPDATE compliance_auditevent SET xid = '9000000000'")
    as_superuser("UPDATE compliance_treehead SET horizon = '9000000001'")
    happen(2)
    assert sealing.seal() == 2
    head = stored_tree.latest_head()
    assert int(head.horizon) < 9_000_000_000
    assert head.base == AuditLeaf.objects.get(index=3).event_id
    happen(1)
    assert sealing.seal() == 1
    assert trail_check.check().ok


def test_the_columns_that_are_shown_are_the_columns_that_are_sealed():
    happen(3)
    sealing.seal()
    event = AuditEvent.objects.order_by("id")[1]
    shown = [field.column for field in AuditEvent._meta.get_fields() if getattr(field, "column", None)]
    changes = {
        "id": "id + 100",
        "uid": "gen_random_uuid()",
        "at": "at + interval '1 microsecond'",
        "patient_id": "gen_random_uuid()",
        "detail": "'{\"number\": 2}'",
    }
    for column in shown:
        point = transaction.savepoint()
        if column == "id":
            as_superuser("ALTER TABLE compliance_auditleaf DROP CONSTRAINT IF EXISTS " + foreign_key())
        value = changes.get(column, f"\"{column}\" || 'x'")
        as_superuser(f'UPDATE compliance_auditevent SET "{column}" = {value} WHERE id = %s', event.pk)
        first = trail_check.check().first
        assert first.first == 1, column
        assert first.event_id == event.pk, column
        transaction.savepoint_rollback(point)
    assert trail_check.check().ok


def foreign_key():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE conrelid = 'compliance_auditleaf'::regclass AND contype = 'f'"
        )
        return cursor.fetchone()[0]


def test_an_event_slipped_in_unsealed_is_found():
    happen(2)
    sealing.seal()
    as_superuser(
        'INSERT INTO compliance_auditevent (uid, at, action, actor, "where", subject, outcome, reason, detail, xid) '
        "VALUES (gen_random_uuid(), now() - interval '1 hour', 'test.happened', 'user:x', '', '', 'ok', '', '{}', '1')"
    )
    assert sealing.seal() == 0
    assert problems() == ["the event was never sealed"]


def rewrite_everything():
    """A superuser changes an event and makes every hash fit again, without the signing key."""
    first = AuditEvent.objects.earliest("id").pk
    as_superuser("UPDATE compliance_auditevent SET actor = 'user:innocent' WHERE id = %s", first)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {entries.COLUMNS} FROM compliance_auditevent e ORDER BY id")
        rows = cursor.fetchall()
    for index, row in enumerate(rows):
        as_superuser(
            "UPDATE compliance_auditleaf SET hash = %s WHERE index = %s", merkle.leaf_hash(entries.encode(row)), index
        )
    return rows


def test_a_superuser_who_hashes_everything_again_is_found_by_the_signatures():
    happen(5)
    sealing.seal()
    happen(5)
    sealing.seal()
    rewrite_everything()
    first = trail_check.check().first
    assert (first.first, first.last) == (0, 4)
    assert first.problem == "the entries are not those that were signed"


def test_even_with_the_signing_key_the_witness_refuses_a_rewritten_log():
    happen(5)
    sealing.seal()
    assert isinstance(witnessing.look(1_700_000_000), Cosignature)
    rows = rewrite_everything()
    subtree = merkle.in_memory([merkle.leaf_hash(entries.encode(row)) for row in rows])
    checkpoint = notes.Checkpoint("aftercare.local/audit", 5, merkle.root(subtree, 5))
    as_superuser("ALTER TABLE compliance_cosignature DISABLE TRIGGER append_only; DELETE FROM compliance_cosignature")
    as_superuser(
        "UPDATE compliance_treehead SET root = %s, note = %s",
        checkpoint.root,
        notes.sign(checkpoint, checkpoint.origin, signing.log_key()),
    )
    with pytest.raises(TreeRewritten, match="does not continue"):
        witnessing.look(1_700_000_060)
    assert AuditEvent.objects.filter(action="audit.witness_refused", outcome="failed").count() == 1
    assert "a witness saw other entries than these" in problems()


def test_a_log_cut_at_its_end_is_caught_by_the_witness():
    happen(3)
    sealing.seal()
    happen(3)
    sealing.seal()
    witnessing.look(1_700_000_000)
    as_superuser(
        "ALTER TABLE compliance_cosignature DISABLE TRIGGER append_only; DELETE FROM compliance_cosignature;"
        "DELETE FROM compliance_treehead WHERE size = 6; DELETE FROM compliance_auditleaf WHERE index >= 3;"
        "DELETE FROM compliance_auditevent WHERE id NOT IN (SELECT event_id FROM compliance_auditleaf)"
    )
    assert problems() == ["entries were cut off: a witness saw more"]
    with pytest.raises(TreeRewritten, match="rolled back"):
        witnessing.look(1_700_000_060)


def test_the_witness_signs_each_head_once_and_remembers_across_restarts():
    for _ in range(3):
        happen(300)
        sealing.seal()
        line = witnessing.look(1_700_000_000).line
        assert witnessing.look(1_700_000_000) is None
        head = stored_tree.latest_head()
        checkpoint = notes.read(head.note)
        assert notes.verify_cosignature(checkpoint, line, signing.witness_verifier()) == 1_700_000_000
    assert witnessing.here().seen().size == 900


def test_a_proof_between_two_of_many_heads_is_quick_and_short():
    happen(400)
    while sealing.seal(limit=2):
        pass
    sizes = list(TreeHead.objects.values_list("size", flat=True))
    assert len(sizes) == 200
    took = []
    for old in sizes[::10]:
        began = time.perf_counter()
        proof = stored_tree.growth_between(old, 400)
        took.append(time.perf_counter() - began)
        assert len(proof) <= 63
    assert sorted(took)[len(took) // 2] < 0.010


def test_the_command_names_the_first_bad_entry(capsys):
    happen(3)
    call_command("seal", "--once")
    call_command("audit", "verify")
    assert "Every entry is what was sealed" in capsys.readouterr().out
    last = AuditEvent.objects.latest("id").pk
    as_superuser("UPDATE compliance_auditevent SET outcome = 'ok ' WHERE id = %s", last)
    with pytest.raises(CommandError, match="First bad: entry 2 "):
        call_command("audit", "verify")


def test_the_command_proves_an_event(capsys):
    happen(5)
    call_command("seal", "--once")
    call_command("witness", "--once")
    call_command("audit", "head")
    assert capsys.readouterr().out.count("\n— ") == 2
    event = AuditEvent.objects.order_by("id")[2]
    call_command("audit", "prove", str(event.pk))
    assert capsys.readouterr().out.startswith("leaf 2 ")


def test_a_recorded_verification_is_itself_an_event():
    happen(3)
    sealing.seal()
    trail_check.check_and_record()
    event = AuditEvent.objects.get(action="audit.verified")
    assert (event.outcome, event.detail["entries"]) == ("ok", 3)
