"""Any provider that speaks OpenID Connect: https://openid.net/specs/openid-connect-core-1_0.html , the code flow.

It is found by its discovery document. Both that and its keys are kept for an hour; an ID token that does not fit the
keys has them fetched anew once, as providers change them when they like.
"""

import secrets
from datetime import datetime
from time import monotonic
from typing import Final
from urllib.parse import quote_plus, urlencode

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from app.provider_http import ProviderHttp, not_as_it_should, refused
from app.provider_settings import ProviderSettings
from domain.identities import ProvidedIdentity
from services.providers import AttemptSecrets, ProviderAnswer

ALGORITHMS: Final = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "Ed25519",
    "EdDSA",
)
"""How an ID token may be signed: by a key that the provider alone has."""

SKEW: Final = 60.0
"""By how many seconds its clock and ours may differ."""

_SCOPE: Final = "openid email profile"
_KEPT: Final = 3600.0  # seconds


class _Metadata(BaseModel):
    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    token_endpoint_auth_methods_supported: list[str] = ["client_secret_basic"]
    authorization_response_iss_parameter_supported: bool = False


class _Tokens(BaseModel):
    id_token: str
    access_token: str


class _Person(BaseModel):
    sub: str = Field(min_length=1, max_length=255)
    email: str | None = None
    email_verified: bool | None = None
    name: str | None = None
    preferred_username: str | None = None
    locale: object = None  # not worth a refusal, whatever it is


class _Claims(_Person):
    iss: str
    aud: str | list[str]
    exp: float
    iat: float
    nbf: float | None = None
    azp: str | None = None
    nonce: str | None = None


class _Key(BaseModel):
    kty: str
    use: str | None = None


class _Keys(BaseModel):
    keys: list[dict[str, object]]


_KEY: Final = TypeAdapter(_Key)
# What a provider puts into a header that nobody knows is ignored: https://www.rfc-editor.org/rfc/rfc7515#section-4 .
_REGISTRY: Final = jws.JWSRegistry(algorithms=list(ALGORITHMS), strict_check_header=False)


class OpenIdProvider:
    """One provider; its issuer is what it calls itself, to the letter."""

    def __init__(self, settings: ProviderSettings, http: ProviderHttp, redirect_uri: str) -> None:
        self.name = settings.name
        self.title = settings.title or settings.name
        self._http = http
        self._issuer = settings.issuer or ""
        self._client_id = settings.client_id
        self._client_secret = settings.secret
        self._redirect_uri = redirect_uri
        self._metadata: tuple[float, _Metadata] | None = None
        self._keys: tuple[float, KeySet] | None = None

    async def authorization_url(self, attempt: AttemptSecrets) -> str:
        """Where to send a browser. NetworkError where the provider cannot be reached."""
        metadata = await self._discover()
        query = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": self._redirect_uri,
            "scope": _SCOPE,
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": attempt.challenge,
            "code_challenge_method": "S256",
        }
        joint = "&" if "?" in metadata.authorization_endpoint else "?"
        return f"{metadata.authorization_endpoint}{joint}{urlencode(query)}"

    async def identify(self, answer: ProviderAnswer, attempt: AttemptSecrets, at: datetime) -> ProvidedIdentity:
        """Who came back. AuthError where that cannot be believed, NetworkError where the provider is not reached."""
        metadata = await self._discover()
        # https://www.rfc-editor.org/rfc/rfc9207#section-2.4
        missing = answer.issuer is None and metadata.authorization_response_iss_parameter_supported
        if missing or (answer.issuer is not None and answer.issuer != self._issuer):
            raise refused()
        tokens = await self._redeem(metadata, answer.code, attempt)
        claims = await self._verified(metadata, tokens.id_token, attempt, at)
        person: _Person = claims
        if claims.email is None and metadata.userinfo_endpoint is not None:
            person = await self._userinfo(metadata.userinfo_endpoint, tokens.access_token)
            if person.sub != claims.sub:
                raise refused()
        return ProvidedIdentity(
            subject=claims.sub,
            email=person.email if person.email_verified else None,
            name=person.name,
            username=person.preferred_username,
            locale=person.locale if isinstance(person.locale, str) else None,
        )

    async def _discover(self) -> _Metadata:
        if self._metadata is not None and monotonic() - self._metadata[0] < _KEPT:
            return self._metadata[1]
        content = await self._http.get(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
        try:
            metadata = _Metadata.model_validate_json(content)
        except ValidationError as error:
            raise not_as_it_should() from error
        if metadata.issuer != self._issuer:
            raise not_as_it_should()
        self._metadata = monotonic(), metadata
        return metadata

    async def _redeem(self, metadata: _Metadata, code: str, attempt: AttemptSecrets) -> _Tokens:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri,
            "code_verifier": attempt.verifier,
        }
        basic = None
        methods = metadata.token_endpoint_auth_methods_supported
        if self._client_secret is None:
            form["client_id"] = self._client_id
        elif "client_secret_basic" in methods or "client_secret_post" not in methods:
            # https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1
            basic = quote_plus(self._client_id), quote_plus(self._client_secret)
        else:
            form |= {"client_id": self._client_id, "client_secret": self._client_secret}
        content = await self._http.redeem(metadata.token_endpoint, form, basic)
        try:
            return _Tokens.model_validate_json(content)
        except ValidationError as error:
            raise refused() from error

    async def _userinfo(self, url: str, access_token: str) -> _Person:
        try:
            return _Person.model_validate_json(await self._http.get(url, access_token))
        except ValidationError as error:
            raise not_as_it_should() from error

    async def _verified(self, metadata: _Metadata, token: str, attempt: AttemptSecrets, at: datetime) -> _Claims:
        claims = await self._signed(metadata, token)
        audience = [claims.aud] if isinstance(claims.aud, str) else claims.aud
        now = at.timestamp()
        # https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation
        is_right = (
            claims.iss == self._issuer
            and self._client_id in audience
            and (claims.azp is None or claims.azp == self._client_id)
            and (claims.azp is not None or len(audience) == 1)
            and now < claims.exp + SKEW
            and claims.iat - SKEW <= now
            and (claims.nbf is None or claims.nbf - SKEW <= now)
            and secrets.compare_digest((claims.nonce or "").encode(), attempt.nonce.encode())
        )
        if not is_right:
            raise refused()
        return claims

    async def _signed(self, metadata: _Metadata, token: str) -> _Claims:
        if self._keys is not None and monotonic() - self._keys[0] < _KEPT:
            try:
                return _decoded(token, self._keys[1])
            except (JoseError, ValueError):
                self._keys = None  # it may have others by now
        keys = await self._fetch_keys(metadata.jwks_uri)
        self._keys = monotonic(), keys
        try:
            return _decoded(token, keys)
        except (JoseError, ValueError) as error:
            raise refused() from error

    async def _fetch_keys(self, url: str) -> KeySet:
        content = await self._http.get(url)
        try:
            found = _Keys.model_validate_json(content).keys
            usable = [_plain(key) for key in found if _is_for_signing(key)]
            return KeySet.import_key_set({"keys": usable})
        except (JoseError, ValueError) as error:
            raise not_as_it_should() from error


def _is_for_signing(key: dict[str, object]) -> bool:
    described = _KEY.validate_python(key)
    return described.kty in {"RSA", "EC", "OKP"} and described.use in {None, "sig"}


def _plain(key: dict[str, object]) -> dict[str, str | list[str]]:
    """What a key is, without the certificates that it may have."""
    return {name: value for name, value in key.items() if isinstance(value, str)}


def _decoded(token: str, keys: KeySet) -> _Claims:
    decoded = jwt.decode(token, keys, algorithms=ALGORITHMS, registry=_REGISTRY)
    return _Claims.model_validate(decoded.claims)
