"""How webhooks are spoken to: briefly, without redirects, and never at an address that is not one of the internet.

What a name stands for is asked when a connection is made, and the connection goes to the very address that was found
right, so that nobody changes it in between; the name stays what TLS and the other server see. No connection is kept.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import httpcore2
import httpx2
from httpcore2 import AsyncNetworkBackend, AsyncNetworkStream

from domain.webhooks import Answered, Outgoing, is_allowed

SECONDS: Final = 15.0
"""How long a webhook may take, from the question for its address to what we read of its answer."""

SHOWN: Final = 500
"""How many bytes of an answer are kept."""

_USER_AGENT: Final = "ONE-Webhooks/1"

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""What finds the addresses of a host: OSError where it has none."""


class PrivateAddressError(httpcore2.ConnectError):
    """A name stands for an address that nothing is sent to."""


async def resolve(host: str, port: int) -> Sequence[str]:
    """The addresses of a host, as this machine knows them."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(each[4][0]) for each in found]


class _Checking(AsyncNetworkBackend):
    """Connects to addresses that were found right, and to no other."""

    def __init__(self, resolve: Resolve, *, loopback: bool) -> None:
        self._resolve = resolve
        self._loopback = loopback
        self._inner = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - as httpcore has it
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> AsyncNetworkStream:
        try:
            found = await self._resolve(host, port)
        except OSError as error:
            raise httpcore2.ConnectError("its name is not known") from error
        if not found:
            raise httpcore2.ConnectError("its name is not known")
        # A name that stands for one that is wrong beside others is one that somebody plays with.
        if not all(is_allowed(each, loopback=self._loopback) for each in found):
            raise PrivateAddressError("its name stands for an address that is not one of the internet")
        return await self._inner.connect_tcp(found[0], port, timeout, local_address, socket_options)


class WebhookHttp:
    """Sends requests to webhooks; on this machine only where `loopback` is allowed."""

    def __init__(self, *, loopback: bool, resolve: Resolve = resolve, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        # The transport of httpx makes this pool itself, and takes no backend for it.
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=httpx2.create_ssl_context(trust_env=False),
            max_connections=None,  # whoever sends knows how many go beside each other
            max_keepalive_connections=0,
            network_backend=_Checking(resolve, loopback=loopback),
        )

    async def aclose(self) -> None:
        """Close every connection."""
        await self._pool.aclose()

    async def send(self, request: Outgoing) -> Answered:
        """Send one, and answer what came of it, whatever that is."""
        try:
            async with asyncio.timeout(self._seconds):
                return await self._send(request)
        except TimeoutError:
            return Answered(None, f"it did not answer within {self._seconds:g} seconds")
        except PrivateAddressError as error:
            return Answered(None, str(error))
        except httpcore2.ConnectError as error:
            return Answered(None, f"it cannot be reached: {_brief(error)}")
        except (httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.TimeoutException) as error:
            return Answered(None, f"it hung up, or answered no HTTP: {_brief(error)}")
        except (ValueError, httpx2.InvalidURL):
            return Answered(None, "its address is none")

    async def _send(self, request: Outgoing) -> Answered:
        parts = httpx2.URL(request.url)
        url = httpcore2.URL(scheme=parts.raw_scheme, host=parts.raw_host, port=parts.port, target=parts.raw_path)
        headers = [
            ("Host", parts.netloc.decode("ascii")),
            ("User-Agent", _USER_AGENT),
            ("Accept-Encoding", "identity"),
            ("Connection", "close"),
            ("Content-Length", str(len(request.body))),
            *request.headers,
        ]
        async with self._pool.stream("POST", url, headers=headers, content=request.body) as response:
            told = {name.lower(): value for name, value in response.headers}
            answered = await _beginning(response)
        text = answered.decode("utf-8", "replace")
        shown = "".join(each if each.isprintable() else " " for each in text).strip()
        error = None if 200 <= response.status < 300 else _why(response.status)  # noqa: PLR2004 - HTTP's successes
        return Answered(response.status, error, shown or None, _wish(told.get(b"retry-after")))


async def _beginning(response: httpcore2.Response) -> bytes:
    content = bytearray()
    async for part in response.aiter_stream():
        content += part
        if len(content) >= SHOWN:
            break
    return bytes(content[:SHOWN])


def _why(status: int) -> str:
    if 300 <= status < 400:  # noqa: PLR2004 - HTTP's redirects
        return f"it answered {status}, and redirects are not followed: give the address itself"
    return f"it answered {status}"


def _wish(value: bytes | None) -> float | None:
    """In how many seconds a webhook wants to be asked again (RFC 9110, 10.2.3)."""
    if value is None:
        return None
    text = value.decode("ascii", "replace").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        return max((parsedate_to_datetime(text).astimezone(UTC) - datetime.now(UTC)).total_seconds(), 0.0)
    except (ValueError, TypeError, OverflowError):
        return None


def _brief(error: Exception) -> str:
    return (str(error) or type(error).__name__)[:200]
