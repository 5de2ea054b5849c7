"""Who sent a request, by what its Authorization header says."""

from starlette.requests import HTTPConnection

from domain.access import Viewer
from domain.errors import AuthError
from services.services import Services
from services.sessions import ACCESS_PREFIX

_SCHEME = "bearer "


async def viewer_of_header(services: Services, request: HTTPConnection, header: str) -> Viewer:
    """The viewer whose API key or access token it has. AuthError or ForbiddenError where it is not right."""
    if not header.lower().startswith(_SCHEME):
        raise AuthError("The Authorization header takes `Bearer <API key or access token>`.")
    secret = header[len(_SCHEME) :].strip()
    if secret.startswith(ACCESS_PREFIX):
        return await services.sessions.authenticate(secret, request.client.host if request.client else None)
    return await services.keys.authenticate(secret)
