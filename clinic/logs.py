"""Keeps keys out of the logs: whoever reads a log must not be able to open an invitation."""

import logging
import re

_TOKEN = re.compile(r"(/i/)[^/\s?]+")


class WithoutInvitations(logging.Filter):
    """Replaces the token in the path of an invitation. Alters records, drops none."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        if "/i/" in message:
            record.msg, record.args = _TOKEN.sub(r"\1…", message), ()
        return True
