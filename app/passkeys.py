"""For which domain passkeys are made here, and on which pages they and wallets can be used."""

from collections.abc import Iterable
from ipaddress import ip_address
from typing import Final
from urllib.parse import SplitResult, urlsplit

from services.passkey_proofs import RelyingParty

_HERE: Final = "localhost"
"""What browsers take for a domain where a page is on this machine: an address in numbers is none to them."""


def relying_party(app_url: str, domain: str | None, origins: Iterable[str]) -> RelyingParty:
    """Whom passkeys are for: the host of that address, or the domain that is given, which it is below.

    Of the other origins those count whose host is in it too.
    """
    address = urlsplit(app_url)
    host = address.hostname or _HERE
    if _is_address(host):
        return RelyingParty(_HERE, (_here(address), *_within(_HERE, origins)))
    domain = domain or host
    return RelyingParty(domain, (f"{address.scheme}://{address.netloc}", *_within(domain, origins)))


def page_origins(app_url: str, origins: Iterable[str]) -> tuple[str, ...]:
    """Where pages are that may ask a wallet to sign in: that address first, and on this machine its name too."""
    address = urlsplit(app_url)
    named = [_here(address)] if _is_address(address.hostname or "") else []
    return (f"{address.scheme}://{address.netloc}", *named, *origins)


def is_within(host: str, domain: str) -> bool:
    """Whether a host is a domain or below it."""
    return host == domain or host.endswith(f".{domain}")


def _within(domain: str, origins: Iterable[str]) -> list[str]:
    return [each for each in origins if is_within(urlsplit(each).hostname or "", domain)]


def _here(address: SplitResult) -> str:
    port = f":{address.port}" if address.port else ""
    return f"{address.scheme}://{_HERE}{port}"


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
