"""For tests of WebSockets: Channels' communicator keeps threads from closing their connections to the database."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

from asgiref.sync import sync_to_async
from django.db import connections


@asynccontextmanager
async def no_connection_left() -> AsyncIterator[None]:
    """Closes what the threads of this test's loop hold, one of its own and that of `sync_to_async`."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(max_workers=1))
    yield
    await asyncio.to_thread(connections.close_all)
    await sync_to_async(connections.close_all)()
