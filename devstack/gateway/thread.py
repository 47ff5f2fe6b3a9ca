"""A gateway in a thread of its own, beside synchronous code."""

import asyncio
import threading
from concurrent.futures import Future
from types import TracebackType
from typing import Any, Self

from devstack.gateway.server import Gateway
from devstack.gateway.tokens import DevKeys


class GatewayThread:
    """Runs a `Gateway` in a background thread; a context manager.

    Args:
        dsn: As for `Gateway`.
        keys: As for `Gateway`.
        options: Further arguments of `Gateway`.
    """

    def __init__(self, *, dsn: str, keys: DevKeys, **options: Any) -> None:
        self.keys = keys
        self._gateway = Gateway(dsn=dsn, keys=keys, **options)
        self._thread = threading.Thread(target=self._serve, name="gateway", daemon=True)
        self._started: Future[asyncio.AbstractEventLoop] = Future()
        self._stop = asyncio.Event()

    @property
    def url(self) -> str:
        """Where it listens, without a slash at the end."""
        return self._gateway.url

    def __enter__(self) -> Self:
        self._thread.start()
        self._started.result()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._started.result().call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def _serve(self) -> None:
        try:
            asyncio.run(self._run())
        except BaseException as error:
            if self._started.done():
                raise
            self._started.set_exception(error)

    async def _run(self) -> None:
        async with self._gateway:
            self._started.set_result(asyncio.get_running_loop())
            await self._stop.wait()
