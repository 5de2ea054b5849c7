"""WebSockets as uvicorn serves them, with less kept of each: thousands are open at once, and do nothing for hours."""

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol


class WebSockets(WebSocketsSansIOProtocol):
    """A connection that forgets the headers of its handshake, which the application has in its scope."""

    def start_keepalive(self) -> None:
        """Called once the handshake is done."""
        super().start_keepalive()
        self.request.headers.clear()
        self.response.headers.clear()
