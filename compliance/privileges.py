"""What the application's database role may do, as SQL.

Run by `manage.py prepare_database` as the owner, after every migration. The role
owns nothing, so it cannot disable a trigger, drop a table or grant itself more.
"""

from collections.abc import Iterable, Iterator

from psycopg import sql

APPEND_ONLY = (
    "compliance_auditevent",
    "compliance_auditleaf",
    "compliance_auditnode",
    "compliance_treehead",
    "compliance_cosignature",
    "compliance_consententry",
)
# `id` and `xid` of an event are the database's to give, so nobody can date an event back.
EVENT_COLUMNS = 'uid, at, action, actor, "where", patient_id, subject, outcome, reason, detail'
_READ_ONLY = ("django_migrations",)


def grants(role: str, tables: Iterable[str]) -> Iterator[sql.Composed]:
    """Statements that give `role` exactly what it needs on `tables` (all of the schema's)."""
    name = sql.Identifier(role)
    yield sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {}").format(name)
    yield sql.SQL("REVOKE CREATE ON SCHEMA public FROM PUBLIC, {}").format(name)
    yield sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(name)
    for table in tables:
        yield sql.SQL("GRANT {} ON {} TO {}").format(sql.SQL(_allowed(table)), sql.Identifier(table), name)
    yield sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}").format(name)


def _allowed(table: str) -> str:
    if table == "compliance_auditevent":
        return f"SELECT, INSERT ({EVENT_COLUMNS})"
    if table in APPEND_ONLY:
        return "SELECT, INSERT"
    if table in _READ_ONLY:
        return "SELECT"
    return "SELECT, INSERT, UPDATE, DELETE"
