"""The providers that people sign in with, from the settings."""

import contextlib
from collections.abc import AsyncIterator, Sequence

from app.github import GitHub
from app.openid import OpenIdProvider
from app.provider_http import ProviderHttp
from app.provider_settings import ProviderSettings
from services.providers import Provider


@contextlib.asynccontextmanager
async def signing_in(settings: Sequence[ProviderSettings], app_url: str) -> AsyncIterator[Sequence[Provider]]:
    """The providers, which send browsers back to a page of their own below that address."""
    http = ProviderHttp()
    try:
        yield [_provider(each, http, f"{app_url}/sign-in/{each.name}") for each in settings]
    finally:
        await http.close()


def _provider(settings: ProviderSettings, http: ProviderHttp, redirect_uri: str) -> Provider:
    made = GitHub if settings.kind == "github" else OpenIdProvider
    return made(settings, http, redirect_uri)
