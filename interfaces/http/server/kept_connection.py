"""Closes a connection on which no request came for long, with one timer for all its requests."""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class KeptConnection(HttpToolsProtocol):
    """uvicorn sets a timer after each response and cancels it with the next request. Here it stays,
    and looks at `_idle_since` when it ends: the time of the loop since which the connection is
    idle, None while a request is in progress.
    """

    _idle_since: float | None = None

    def on_response_complete(self) -> None:
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
            return
        self._idle_since = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self._set_idle_timer(self.timeout_keep_alive)

    def timeout_keep_alive_handler(self) -> None:
        self.timeout_keep_alive_task = None
        if self._idle_since is None:
            return  # the end of the response sets it again
        left = self._idle_since + self.timeout_keep_alive - self.loop.time()
        if left > 0:
            self._set_idle_timer(left)
        else:
            super().timeout_keep_alive_handler()

    def stop_idle_timer(self) -> None:
        if self.timeout_keep_alive_task is not None:
            self.timeout_keep_alive_task.cancel()
            self.timeout_keep_alive_task = None

    def _unset_keepalive_if_required(self) -> None:
        self._idle_since = None

    def _set_idle_timer(self, seconds: float) -> None:
        timer = self.loop.call_later(seconds, self.timeout_keep_alive_handler)
        self.timeout_keep_alive_task = timer
