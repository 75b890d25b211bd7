"""How far this machine's clock is from the database's: `/metrics` tells it, so that somebody is woken.

What must hold across hosts goes by the database's clock anyway (see `conversations.sessions`); what one machine
decides alone, such as one-time codes, signed webhooks and TURN credentials, goes by its own.
"""

import time

from django.db import connection


def offset_s() -> float:
    """Ahead of the database: above 0. As exact as half the way there and back."""
    before_s = time.time()
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())::float8")
        (there_s,) = cursor.fetchone()
    return (before_s + time.time()) / 2 - float(there_s)
