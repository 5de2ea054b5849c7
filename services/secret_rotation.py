"""Putting all secrets of a store under the first key, so that the others are not needed any more."""

from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import Final

from graph import sealed
from graph.sealed import Place, SealedRow
from graph.store import Store, Transaction
from services.sealing import Purpose, SecretBox, SecretKeyError, missing_key

_PAGE: Final = 100

_PLACES: Final = (
    (sealed.SECOND_FACTORS, Purpose.TOTP),
    (sealed.WEBHOOKS, Purpose.WEBHOOK),
    (sealed.FORMER_OF_WEBHOOKS, Purpose.WEBHOOK),
)
"""Where there are secrets, and what they are for."""


@dataclass(frozen=True, slots=True)
class Rotated:
    """How many secrets are under the first key now that were not, how many were already, and whose are spoilt."""

    changed: int
    kept: int
    spoilt: tuple[str, ...]


async def rotate(store: Store, box: SecretBox) -> Rotated:
    """Encrypt every secret under the first key of the box, a hundred in a transaction.

    It can be run again at any time, and beside servers: each secret is locked, and one that is there already stays as
    it is. SecretKeyError, before anything is changed, where there is no key or a secret is under none of the box. What
    somebody changed in the store stays as it is, and is told.
    """
    if box.first is None:
        raise SecretKeyError("There is no key to put secrets under: set ONE_SECRET_KEYS.")
    await require_keys(store, box)
    done = Rotated(0, 0, ())
    for place, purpose in _PLACES:
        after: str | None = ""
        while after is not None:
            work = partial(_page, box=box, place=place, purpose=purpose, after=after)
            after, page = await store.write(work)
            done = Rotated(done.changed + page.changed, done.kept + page.kept, done.spoilt + page.spoilt)
    return done


async def require_keys(store: Store, box: SecretBox) -> None:
    """SecretKeyError where the store has secrets under a key that the box does not have."""
    totals: Counter[str] = Counter()
    for place, _ in _PLACES:
        totals.update(await sealed.count_by_key(store, place))
    missing = {used: total for used, total in totals.items() if used not in box.key_ids}
    if missing:
        raise missing_key(missing)


async def _page(
    transaction: Transaction, box: SecretBox, place: Place, purpose: Purpose, after: str
) -> tuple[str | None, Rotated]:
    rows = await sealed.lock_sealed(transaction, place, after, _PAGE)
    others = [row for row in rows if row["keyId"] != box.first]
    again = [new for row in others if (new := _sealed_again(box, purpose, row)) is not None]
    await sealed.seal_again(transaction, place, again)
    known = {row["ownerId"] for row in again}
    spoilt = tuple(row["ownerId"] for row in others if row["ownerId"] not in known)
    last = rows[-1]["ownerId"] if rows else None
    return last, Rotated(len(again), len(rows) - len(others), spoilt)


def _sealed_again(box: SecretBox, purpose: Purpose, row: SealedRow) -> SealedRow | None:
    try:
        secret = box.unseal(row["secret"], purpose, row["ownerId"])
    except SecretKeyError:
        return None
    new = box.seal(secret, purpose, row["ownerId"])
    return SealedRow(ownerId=row["ownerId"], secret=new.text, keyId=new.key_id)
