"""The process of one call: loads everything, waits for a call, runs it, exits.

Preloaded by the callhost's fork server, so that its imports are shared by all
calls and paid once. A crash in here ends one connection, not one conversation.
"""

import asyncio
import ctypes
import logging
import os
import signal
import sys
from multiprocessing.connection import Connection

# thinc, under spaCy, imports torch when it finds it; a call needs neither its 300 MB nor its threads.
sys.modules.setdefault("torch", None)  # type: ignore[arg-type]
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")

import django  # noqa: E402  (torch is shut out first)

django.setup()

from conversations import callhost, switchboard  # noqa: E402  (models need Django set up)

logger = logging.getLogger(__name__)

_PR_SET_PDEATHSIG = 1


def main(pipe: Connection) -> None:
    """Load, tell the host, wait for a claim, run it. Exit status 0 means the call ended as it should."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the callhost decides
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)  # the fork server dies with its callhost
    equipment = switchboard.load()
    try:
        pipe.send(callhost.READY)
        claim = pipe.recv()
    except (EOFError, OSError):
        return
    asyncio.new_event_loop().run_until_complete(switchboard.run(claim, equipment))
    logging.shutdown()
    os._exit(0)  # all is written; a task that will not be cancelled must not keep an ended call alive
