"""Chains that are asked about wallets, as an operator sets them up."""

import json
from collections.abc import Mapping

from pydantic import SecretStr

from app.provider_settings import is_secure


def read_chains(text: str) -> Mapping[int, SecretStr]:
    """What a JSON object says, by chain ids. ValueError where it is none; no value is in the message."""
    try:
        found = json.loads(text)
    except ValueError as error:
        raise ValueError("takes a JSON object") from error
    if not isinstance(found, dict):
        raise ValueError("takes a JSON object")  # noqa: TRY004 - pydantic tells a setting by it
    for chain, url in found.items():
        if not (chain.isascii() and chain.isdigit()) or int(chain) < 1:
            raise ValueError("names a chain by something else than its id, which is a number from 1")
        if not isinstance(url, str) or not is_secure(url):
            raise ValueError(f"takes an address for the chain {chain} that begins with https://, or is on this machine")
    return {int(chain): SecretStr(url) for chain, url in found.items()}
