"""A provider of accounts on 127.0.0.1: OpenID Connect with real signatures, and what GitHub does instead."""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import parse_qsl, unquote_plus, urlencode, urlsplit

import httpx2
from joserfc import jws, jwt
from joserfc.jwk import ECKey, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from domain.values import JSON, Clock, now
from tests.loopback import on_loopback

CLIENT = "one client"
SECRET = "a secret & more"

SigningKey = RSAKey | ECKey


@cache
def rsa_key(kid: str) -> RSAKey:
    """The key of that name."""
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig"})


@dataclass(frozen=True)
class Agreed:
    """What stands behind a code: what it was asked for with, and who agreed."""

    asked: Mapping[str, str]
    person: Mapping[str, JSON]


@dataclass
class FakeProvider:
    """Whoever comes is `person`; a test may have it say something else than it should."""

    issuer: str
    clock: Clock = now
    keys: list[SigningKey] = field(default_factory=lambda: [rsa_key("first")])
    signs_with: SigningKey = field(default_factory=lambda: rsa_key("first"))
    algorithm: str = "RS256"
    person: dict[str, JSON] = field(default_factory=dict)
    claims: dict[str, JSON] = field(default_factory=dict)
    """Claims of the next ID tokens that differ; None leaves one out."""
    userinfo: dict[str, JSON] | None = None
    metadata: dict[str, JSON] = field(default_factory=dict)
    tampered: bool = False
    secret: bytes | None = None
    """What the next ID tokens are signed with instead of a key."""
    asked: list[str] = field(default_factory=list)
    codes: dict[str, Agreed] = field(default_factory=dict)
    access_token: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    seen: list[str] = field(default_factory=list)
    """Every secret that it was sent or gave away."""
    down: bool = False

    async def visit(self, url: str) -> dict[str, str]:
        """What a browser comes back with that somebody took there and who agreed."""
        async with httpx2.AsyncClient() as browser:
            response = await browser.get(url)
        assert response.status_code == 307, response.text
        return dict(parse_qsl(urlsplit(response.headers["location"]).query))

    def app(self) -> Starlette:
        routes = {
            "/.well-known/openid-configuration": self._metadata,
            "/authorize": self._authorize,
            "/login/oauth/authorize": self._authorize,
            "/jwks": self._jwks,
            "/userinfo": self._userinfo,
            "/api/v3/user": self._github_user,
            "/api/v3/user/emails": self._github_emails,
        }
        posts = {"/token": self._token, "/login/oauth/access_token": self._github_token}
        return Starlette(
            routes=[
                *(Route(path, endpoint) for path, endpoint in routes.items()),
                *(Route(path, endpoint, methods=["POST"]) for path, endpoint in posts.items()),
            ]
        )

    def _note(self, request: Request) -> None:
        self.asked.append(request.url.path)

    async def _metadata(self, request: Request) -> Response:
        self._note(request)
        if self.down:
            return Response(status_code=503)
        where = {name: f"{self.issuer}/{path}" for name, path in ENDPOINTS.items()}
        return JSONResponse({"issuer": self.issuer, **where, **self.metadata})

    async def _authorize(self, request: Request) -> Response:
        query = request.query_params
        assert query["code_challenge_method"] == "S256"
        assert query["client_id"] == CLIENT
        code = secrets.token_urlsafe(16)
        self.codes[code] = Agreed(dict(query), self.person)
        self.seen += [code, *(query[name] for name in ("state", "nonce") if name in query)]
        back = {"code": code, "state": query["state"], "iss": self.issuer}
        return RedirectResponse(f"{query['redirect_uri']}?{urlencode(back)}")

    async def _redeemed(self, request: Request) -> Agreed | None:
        """What stands behind a code, if its verifier is right; each is good once."""
        form = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
        agreed = self.codes.pop(form["code"], None)
        self.seen += [form["code_verifier"], self.access_token]
        challenge = _base64url(hashlib.sha256(form["code_verifier"].encode()).digest())
        if agreed is None or agreed.asked["redirect_uri"] != form["redirect_uri"]:
            return None
        return agreed if agreed.asked["code_challenge"] == challenge else None

    async def _token(self, request: Request) -> Response:
        self._note(request)
        given = base64.b64decode(request.headers["authorization"].removeprefix("Basic ")).decode()
        assert [unquote_plus(part) for part in given.split(":")] == [CLIENT, SECRET]
        agreed = await self._redeemed(request)
        if agreed is None:
            return JSONResponse({"error": "invalid_grant"}, 400)
        at = int(self.clock().timestamp())
        claims: dict[str, JSON] = {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": at,
            "exp": at + 300,
            "nonce": agreed.asked["nonce"],
            **agreed.person,
            **self.claims,
        }
        kept = {name: value for name, value in claims.items() if value is not None}
        header = {"alg": self.algorithm, "kid": str(self.signs_with.kid), "made_up": "x"}
        token = jwt.encode(header, kept, self.signs_with, algorithms=[self.algorithm], registry=LAX)
        if self.secret is not None:
            token = signed_with_a_secret(kept, str(self.signs_with.kid), self.secret)
        if self.tampered:
            head, body, signature = token.split(".")
            swapped = "A" if signature[10] != "A" else "B"
            token = f"{head}.{body}.{signature[:10]}{swapped}{signature[11:]}"
        self.seen += token.split(".")
        return JSONResponse({"id_token": token, "access_token": self.access_token, "token_type": "Bearer"})

    async def _jwks(self, request: Request) -> Response:
        self._note(request)
        return JSONResponse({"keys": [key.as_dict(private=False) for key in self.keys]})

    async def _userinfo(self, request: Request) -> Response:
        assert request.headers["authorization"] == f"Bearer {self.access_token}"
        return JSONResponse(self.userinfo)

    async def _github_token(self, request: Request) -> Response:
        if await self._redeemed(request) is None:
            return JSONResponse({"error": "bad_verification_code"})
        return JSONResponse({"access_token": self.access_token, "token_type": "bearer"})

    async def _github_user(self, request: Request) -> Response:
        assert request.headers["authorization"] == f"Bearer {self.access_token}"
        return JSONResponse({"id": 583231, "login": "octo_cat", "name": None})

    async def _github_emails(self, _request: Request) -> Response:
        verified = bool(self.person.get("email_verified"))
        other = {"email": "other@one.example", "primary": False, "verified": True}
        return JSONResponse([other, {"email": self.person["email"], "primary": True, "verified": verified}])


ENDPOINTS = {
    "authorization_endpoint": "authorize",
    "token_endpoint": "token",
    "jwks_uri": "jwks",
    "userinfo_endpoint": "userinfo",
}

# Lets a header hold what nobody knows.
LAX = jws.JWSRegistry(algorithms=["RS256", "ES256"], strict_check_header=False)


def signed_with_a_secret(claims: Mapping[str, JSON], kid: str, secret: bytes) -> str:
    """A token by HS256, made by hand: the library rightly takes no public key for a secret."""
    parts = [{"alg": "HS256", "kid": kid}, dict(claims)]
    text = ".".join(_base64url(json.dumps(part).encode()) for part in parts)
    return f"{text}.{_base64url(hmac.digest(secret, text.encode(), 'sha256'))}"


def _base64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


@asynccontextmanager
async def running_provider() -> AsyncIterator[FakeProvider]:
    """A provider that answers on a free port of 127.0.0.1."""
    provider = FakeProvider("")

    def made(url: str) -> Starlette:
        provider.issuer = url
        return provider.app()

    async with on_loopback(made):
        yield provider
