"""How providers are spoken to: briefly, without redirects, and never with an answer that is too long."""

import asyncio
from collections.abc import Mapping
from typing import Final

import httpx2

from app.provider_settings import is_secure
from domain.errors import AuthError, NetworkError

SECONDS: Final = 10.0
"""How long one answer may take, from the first byte sent to the last one read."""

_LONGEST: Final = 500_000  # bytes
_UNREACHABLE: Final = "The provider cannot be reached just now, or does not answer as it should. Try again later."
_REFUSED: Final = "The provider does not confirm this sign-in: begin another one."


class ProviderHttp:
    """A client for all providers. No error of it holds what was sent or what came back."""

    def __init__(self) -> None:
        # A redirect would take secrets to somebody else.
        self._client = httpx2.AsyncClient(timeout=SECONDS, follow_redirects=False, trust_env=False)

    async def close(self) -> None:
        """Close every connection."""
        await self._client.aclose()

    async def get(self, url: str, token: str | None = None) -> bytes:
        """What is there. NetworkError where nothing is."""
        headers = {"Accept": "application/json"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        status, content = await self._send("GET", url, headers, None)
        if status != httpx2.codes.OK:
            raise NetworkError(_UNREACHABLE)
        return content

    async def redeem(self, url: str, form: Mapping[str, str], basic: tuple[str, str] | None = None) -> bytes:
        """What a code is redeemed for. AuthError where it is refused, NetworkError where nobody answers."""
        headers = {"Accept": "application/json"}
        status, content = await self._send("POST", url, headers, form, basic)
        if status in {httpx2.codes.BAD_REQUEST, httpx2.codes.UNAUTHORIZED, httpx2.codes.FORBIDDEN}:
            raise AuthError(_REFUSED)
        if status != httpx2.codes.OK:
            raise NetworkError(_UNREACHABLE)
        return content

    async def _send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        form: Mapping[str, str] | None,
        basic: tuple[str, str] | None = None,
    ) -> tuple[int, bytes]:
        if not is_secure(url):
            raise NetworkError(_UNREACHABLE)
        content = bytearray()
        try:
            async with (
                asyncio.timeout(SECONDS),
                self._client.stream(method, url, headers=headers, data=form, auth=basic) as response,
            ):
                async for part in response.aiter_bytes():
                    content += part
                    if len(content) > _LONGEST:
                        raise NetworkError(_UNREACHABLE)
        except (TimeoutError, httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise NetworkError(_UNREACHABLE) from error
        return response.status_code, bytes(content)


def not_as_it_should() -> NetworkError:
    """What a provider is told of that answers something else than it should."""
    return NetworkError(_UNREACHABLE)


def refused() -> AuthError:
    """What somebody is told whose provider does not say who they are so that it can be believed."""
    return AuthError(_REFUSED)
