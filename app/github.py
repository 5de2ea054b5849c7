"""GitHub, which speaks OAuth and no OpenID Connect: who somebody is, it answers at its API.

https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps
"""

from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from pydantic import BaseModel, TypeAdapter, ValidationError

from app.provider_http import ProviderHttp, not_as_it_should, refused
from app.provider_settings import GITHUB, ProviderSettings
from domain.identities import ProvidedIdentity
from services.providers import AttemptSecrets, ProviderAnswer

_API: Final = "https://api.github.com"
_SCOPE: Final = "read:user user:email"


class _Tokens(BaseModel):
    access_token: str


class _User(BaseModel):
    id: int
    login: str
    name: str | None = None


class _Address(BaseModel):
    email: str
    primary: bool
    verified: bool


_ADDRESSES: Final = TypeAdapter(list[_Address])


class GitHub:
    """GitHub, or a GitHub Enterprise at a host of its own."""

    def __init__(self, settings: ProviderSettings, http: ProviderHttp, redirect_uri: str) -> None:
        self.name = settings.name
        self.title = settings.title or settings.name
        self._http = http
        self._host = (settings.issuer or GITHUB).rstrip("/")
        self._api = _API if self._host == GITHUB else f"{self._host}/api/v3"
        self._client_id = settings.client_id
        self._client_secret = settings.secret
        self._redirect_uri = redirect_uri

    async def authorization_url(self, attempt: AttemptSecrets) -> str:
        """Where to send a browser."""
        query = {
            "client_id": self._client_id,
            "redirect_uri": self._redirect_uri,
            "scope": _SCOPE,
            "state": attempt.state,
            "code_challenge": attempt.challenge,
            "code_challenge_method": "S256",
        }
        return f"{self._host}/login/oauth/authorize?{urlencode(query)}"

    async def identify(self, answer: ProviderAnswer, attempt: AttemptSecrets, at: datetime) -> ProvidedIdentity:  # noqa: ARG002 - nothing that GitHub says has a time
        """Who came back. AuthError where that cannot be believed, NetworkError where GitHub is not reached."""
        form = {
            "client_id": self._client_id,
            "client_secret": self._client_secret or "",
            "code": answer.code,
            "redirect_uri": self._redirect_uri,
            "code_verifier": attempt.verifier,
        }
        content = await self._http.redeem(f"{self._host}/login/oauth/access_token", form)
        try:
            token = _Tokens.model_validate_json(content).access_token
        except ValidationError as error:  # a refusal is an answer with the status 200 as well
            raise refused() from error
        try:
            user = _User.model_validate_json(await self._http.get(f"{self._api}/user", token))
            addresses = _ADDRESSES.validate_json(await self._http.get(f"{self._api}/user/emails", token))
        except ValidationError as error:
            raise not_as_it_should() from error
        proved = next((each.email for each in addresses if each.primary and each.verified), None)
        return ProvidedIdentity(subject=str(user.id), email=proved, name=user.name, username=user.login)
