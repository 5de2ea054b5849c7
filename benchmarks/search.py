"""How long searches take over HTTP, one after the other on one connection, in the generated world."""

from typing import Final

import httpx2

from benchmarks.figures import Figure, milliseconds
from benchmarks.reads import Reader

SEARCH: Final = """query ($text: String!, $type: String) {
  search(text: $text, first: 20, type: $type) { edges { score node { id ... on Thing { name } } } }
}"""
SEARCHES: Final = {
    "a word that one thing has": {"text": "12345"},
    "a word that all have": {"text": "thing"},
    "three words, one misspelt": {"text": "thing nubmer 4321"},
    "two beginnings": {"text": "th 99"},
    "a word that all have, of one type": {"text": "thing", "type": "lesson"},
    "sixteen words": {"text": "thing number of this world " * 3 + "numbre"},
}


async def measure(url: str, secret: str, viewer: str) -> list[Figure]:
    """Searches of several kinds, as that viewer."""
    headers = {"Authorization": f"Bearer {secret}"}
    async with httpx2.AsyncClient(base_url=url, headers=headers, timeout=60) as client:
        reader = Reader(client)
        return [
            Figure(
                f"search: {what}, as {viewer}",
                milliseconds(await reader.seconds(SEARCH, variables)),
                "at most 100 ms at p95",
            )
            for what, variables in SEARCHES.items()
        ]
