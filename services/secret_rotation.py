"""Putting all secrets of a store under the first key, so that the others are not needed any more."""

from dataclasses import dataclass
from functools import partial
from typing import Final

from graph import second_factors
from graph.second_factors import SealedRow
from graph.store import Store, Transaction
from services.sealing import Purpose, SecretBox, SecretKeyError, missing_key

_PAGE: Final = 100


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
    after: str | None = ""
    while after is not None:
        after, page = await store.write(partial(_page, box=box, after=after))
        done = Rotated(done.changed + page.changed, done.kept + page.kept, done.spoilt + page.spoilt)
    return done


async def require_keys(store: Store, box: SecretBox) -> None:
    """SecretKeyError where the store has secrets under a key that the box does not have."""
    totals = await second_factors.count_by_key(store)
    missing = {used: total for used, total in totals.items() if used not in box.key_ids}
    if missing:
        raise missing_key(missing)


async def _page(transaction: Transaction, box: SecretBox, after: str) -> tuple[str | None, Rotated]:
    rows = await second_factors.lock_sealed(transaction, after, _PAGE)
    others = [row for row in rows if row["keyId"] != box.first]
    again = [sealed for row in others if (sealed := _sealed_again(box, row)) is not None]
    await second_factors.seal_again(transaction, again)
    known = {row["personId"] for row in again}
    spoilt = tuple(row["personId"] for row in others if row["personId"] not in known)
    last = rows[-1]["personId"] if rows else None
    return last, Rotated(len(again), len(rows) - len(others), spoilt)


def _sealed_again(box: SecretBox, row: SealedRow) -> SealedRow | None:
    try:
        secret = box.unseal(row["secret"], Purpose.TOTP, row["personId"])
    except SecretKeyError:
        return None
    sealed = box.seal(secret, Purpose.TOTP, row["personId"])
    return SealedRow(personId=row["personId"], secret=sealed.text, keyId=sealed.key_id)
