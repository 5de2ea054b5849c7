"""Tokens as cookies, for browsers: scripts cannot read them, and other sites cannot use them.

A cookie counts only with a POST of JSON, a PUT or a DELETE from an origin that is allowed, which no form and no foreign
script can send without asking first: OWASP ASVS 5.0, 3.5.1 and 3.5.2. A form with files counts too where it has a
header that no form can have.
"""

from collections.abc import Set as AbstractSet
from typing import Final

from starlette.requests import HTTPConnection
from starlette.responses import Response

from app.uploads import FORM, PREFLIGHT, asks_first
from domain.errors import ForbiddenError
from domain.identities import ATTEMPT_LIFETIME
from domain.sessions import ACCESS_LIFETIME, REFRESH_LIFETIME, Tokens

# The prefix has browsers refuse the cookie without Secure, with a Domain, or for a part of the paths:
# https://www.rfc-editor.org/rfc/rfc6265#section-4.1.2 and draft-ietf-httpbis-rfc6265bis, section 4.1.3.2.
ACCESS: Final = "__Host-one-access"
REFRESH: Final = "__Host-one-refresh"
ATTEMPT: Final = "__Host-one-attempt"
CART: Final = "__Host-one-cart"

_REFUSED: Final = (
    "Cookies count only in a PUT or a DELETE, or a POST with the content type application/json, or multipart/form-data "
    f"and the header {PREFLIGHT[0]}, whose header Origin is this server's own or one that it allows. Send that, or "
    "send the token as `Authorization: Bearer <access token>`."
)
_ELSEWHERE: Final = "No cookies can be set here, nor be used for this: send it as a request of its own."


class Cookies:
    """The cookies of one request and of its response."""

    __slots__ = ("_origins", "_request", "_response", "carried")

    def __init__(self, request: HTTPConnection, response: Response | None, origins: AbstractSet[str]) -> None:
        """Where there is no response of its own, cookies say who asks and nothing else."""
        self._request = request
        self._response = response
        self._origins = origins
        self.carried = False
        """Whether the session in use came as a cookie."""

    @property
    def access_token(self) -> str | None:
        """The access token that came as a cookie. ForbiddenError where a cookie does not count.

        It counts with a WebSocket too, which a page of an allowed origin opens: a script cannot choose its Origin.
        """
        value = self._request.cookies.get(ACCESS)
        if self._request.scope["type"] != "websocket":
            if value is not None:
                self._check_request()
        elif value is not None and not self._is_allowed_origin():
            raise ForbiddenError(_REFUSED)
        return value

    @property
    def refresh_token(self) -> str | None:
        """The refresh token that came as a cookie. ForbiddenError where a cookie does not count."""
        return self._read(REFRESH)

    @property
    def attempt_secret(self) -> str | None:
        """The secret of a sign-in at a provider that began here. ForbiddenError where cookies do not count."""
        return self._read(ATTEMPT)

    @property
    def cart_token(self) -> str | None:
        """The token of a visitor's cart that came as a cookie. ForbiddenError where cookies do not count."""
        return self._read(CART)

    def check(self) -> None:
        """ForbiddenError where cookies do not count, so that none may be set either."""
        if self._response is None:
            raise ForbiddenError(_ELSEWHERE)
        self._check_request()

    def _check_request(self) -> None:
        request = self._request
        content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        method = request.scope.get("method")
        is_asked_first = content_type == "application/json" or (content_type == FORM and asks_first(request))
        counts = method in {"PUT", "DELETE"} or (method == "POST" and is_asked_first)
        if not counts or not self._is_allowed_origin():
            raise ForbiddenError(_REFUSED)

    def _is_allowed_origin(self) -> bool:
        url, origin = self._request.url, self._request.headers.get("origin")
        scheme = {"ws": "http", "wss": "https"}.get(url.scheme, url.scheme)
        return origin == f"{scheme}://{url.netloc}" or origin in self._origins

    def set(self, tokens: Tokens) -> None:
        """Hand a session's tokens to the browser."""
        self._set(ACCESS, tokens.access, int(ACCESS_LIFETIME.total_seconds()))
        self._set(REFRESH, tokens.refresh, int(REFRESH_LIFETIME.total_seconds()))

    def clear(self) -> None:
        """Have the browser forget them, where it has any."""
        if ACCESS in self._request.cookies or REFRESH in self._request.cookies:
            self._set(ACCESS, "", 0)
            self._set(REFRESH, "", 0)

    def set_attempt(self, secret: str) -> None:
        """Hand the secret of a sign-in at a provider to the browser."""
        self._set(ATTEMPT, secret, int(ATTEMPT_LIFETIME.total_seconds()))

    def clear_attempt(self) -> None:
        """Have the browser forget that secret, where it has one."""
        if ATTEMPT in self._request.cookies:
            self._set(ATTEMPT, "", 0)

    def set_cart(self, token: str, seconds: int) -> None:
        """Hand the token of a visitor's cart to the browser."""
        self._set(CART, token, seconds)

    def clear_cart(self) -> None:
        """Have the browser forget that token, where it has one."""
        if CART in self._request.cookies:
            self._set(CART, "", 0)

    def _read(self, name: str) -> str | None:
        value = self._request.cookies.get(name)
        if value is not None:
            self.check()
        return value

    def _set(self, name: str, value: str, seconds: int) -> None:
        if self._response is not None:
            self._response.set_cookie(
                name, value, max_age=seconds, path="/", secure=True, httponly=True, samesite="lax"
            )
