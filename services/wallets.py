"""Signing in with a wallet, and linking one to the account that somebody has here.

A wallet is kept as an account elsewhere is: by its address, at a provider that no other may be called like.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

from domain.access import Caller
from domain.errors import AppError, AuthError, ConflictError, NotFoundError, ValidationError
from domain.events import EventType
from domain.identities import WALLET, SignInMethod, SignInMethodKind
from domain.ids import IDENTITY_PREFIX, new_id
from domain.people import Wallet
from domain.second_factors import SecondFactorRequired
from domain.sessions import SignedIn
from domain.values import Clock, to_micros
from domain.wallets import MAX_WALLETS, BegunWallet
from graph import events, identities, people
from graph.identities import IdentityRow
from graph.store import Store, Transaction
from services.access import Action, authorize_oneself
from services.finishing_sign_in import Entrance
from services.journal import AccessChange, event
from services.one_time_tokens import withdraw_challenges
from services.rate_limits import Limited, RateLimits
from services.sign_in_challenges import LIFETIME, ChallengeKind, Challenges, use_up
from services.sign_in_methods import LAST_WAY, told_of_change
from services.wallet_messages import LINKING, MAX_CHAIN, STATEMENT, WalletMessage, address_of, bound, checksummed, read
from services.wallet_proofs import Chains, is_signed_by, signature_of
from services.work import done

_OVER: Final = "This session is over: sign in again."
_NOT_SIGNED: Final = (
    "This was not begun here of late, or this wallet did not sign it: begin anew. A wallet that is a contract has to "
    "be on a chain that this server knows."
)
_NOT_KNOWN: Final = (
    "No account here signs in with this wallet, or it cannot be used: sign in or up in another way, and link the "
    "wallet."
)
_LINKED_ELSEWHERE: Final = ConflictError("Another account signs in with this wallet already.", field="message")
_TOO_MANY: Final = f"You have {MAX_WALLETS} wallets, which is as many as there may be: unlink one first."


class Wallets:
    """What people do who have a wallet. Pages of the `origins` may ask for signatures, the first unless they say."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        limits: RateLimits,
        challenges: Challenges,
        entrance: Entrance,
        *,
        origins: Sequence[str],
        chains: Chains,
    ) -> None:
        self._store = store
        self._clock = clock
        self._limits = limits
        self._challenges = challenges
        self._entrance = entrance
        self._origins = tuple(origins)
        self._chains = chains

    async def begin(self, caller: Caller, address: str, chain_id: int, origin: str | None) -> BegunWallet:
        """Begin to sign in with the wallet. ValidationError where that is no address, chain, or page of ours."""
        return await self._begin(caller, ChallengeKind.WALLET, address, chain_id, origin)

    async def begin_linking(self, caller: Caller, address: str, chain_id: int, origin: str | None) -> BegunWallet:
        """Begin to link a wallet to the caller's account; errors as in `begin` and authorize_oneself."""
        viewer, _ = authorize_oneself(caller, Action.BEGIN_LINKING_WALLET, self._clock())
        kind = ChallengeKind.WALLET_LINK
        return await self._begin(caller, kind, address, chain_id, origin, person_id=viewer.person_id)

    async def sign_in(self, caller: Caller, message: str, signature: str) -> SignedIn | SecondFactorRequired:
        """Begin a session of whoever has linked the wallet, or ask for a second factor.

        ValidationError where that is no message or signature, AuthError where it cannot be believed or nobody who may
        sign in has linked the wallet, NetworkError where its chain cannot be asked.
        """
        address = await self._proved(caller, ChallengeKind.WALLET, message, signature)

        async def work(transaction: Transaction) -> SignedIn | SecondFactorRequired:
            at = self._clock()
            key = identities.key_of(WALLET, address.lower())
            locked = await identities.lock(transaction, key)
            if locked is None or not locked["usable"]:
                raise AuthError(_NOT_KNOWN)
            await identities.touch(transaction, key, to_micros(at))
            return await self._entrance.finish(transaction, caller, locked["identity"]["personId"], at)

        return await self._store.write(work)

    async def complete_linking(self, caller: Caller, message: str, signature: str) -> SignInMethod:
        """Have the caller sign in with the wallet as well.

        ConflictError where somebody else does, or they have too many; else as `sign_in` and authorize_oneself.
        """
        viewer, _ = authorize_oneself(caller, Action.COMPLETE_LINKING_WALLET, self._clock())
        kind = ChallengeKind.WALLET_LINK
        address = await self._proved(caller, kind, message, signature, person_id=viewer.person_id)

        async def work(transaction: Transaction) -> SignInMethod:
            at = self._clock()
            ways = await identities.lock_ways(transaction, viewer.person_id)
            if ways is None:
                raise AuthError(_OVER)
            locked = await identities.lock(transaction, identities.key_of(WALLET, address.lower()))
            if locked is not None:
                if locked["identity"]["personId"] != viewer.person_id:
                    raise _LINKED_ELSEWHERE
                return identities.elsewhere(locked["identity"])
            if sum(way.kind is SignInMethodKind.WALLET for way in ways) >= MAX_WALLETS:
                raise ConflictError(_TOO_MANY)
            row = _row(viewer.person_id, address, to_micros(at))
            await identities.create(transaction, row)
            await self._keep(transaction, viewer.person_id, Wallet(address, at))
            linked = event(
                caller,
                EventType.WALLET_CONNECTED,
                target_id=viewer.person_id,
                group_id=None,
                properties={"wallet": row["id"]},
                changes=AccessChange(after={"wallet": row["id"]}),
            )
            await events.append(transaction, [linked])
            await told_of_change(transaction, viewer.person_id, at)
            return identities.elsewhere(row)

        try:
            return await self._store.write(work)
        except ConflictError as error:
            if error.message == _TOO_MANY:
                raise
            raise _LINKED_ELSEWHERE from error  # also where two were at it at once

    async def unlink(self, caller: Caller, identifier: str) -> str:
        """Have the caller no longer sign in with a wallet; its id.

        NotFoundError where it is none of theirs, ConflictError where it is the last way in that they have; else as
        authorize_oneself.
        """
        viewer, _ = authorize_oneself(caller, Action.UNLINK_WALLET, self._clock())

        async def work(transaction: Transaction) -> None:
            ways = await identities.lock_ways(transaction, viewer.person_id)
            if ways is None:
                raise AuthError(_OVER)
            linked = (way for way in ways if way.kind is SignInMethodKind.WALLET)
            gone = next((way for way in linked if way.id == identifier), None)
            if gone is None or gone.address is None:
                raise NotFoundError("wallet", identifier[:60])
            if len(ways) == 1:
                raise ConflictError(LAST_WAY)
            await identities.delete(transaction, identifier)
            await self._forget(transaction, viewer.person_id, checksummed(gone.address))
            # It may have been begun with what is gone now.
            await withdraw_challenges(transaction, viewer.person_id)
            happened = event(
                caller,
                EventType.WALLET_DISCONNECTED,
                target_id=viewer.person_id,
                group_id=None,
                properties={"wallet": identifier},
                changes=AccessChange(before={"wallet": identifier}),
            )
            await events.append(transaction, [happened])
            await told_of_change(transaction, viewer.person_id, self._clock())

        await self._store.write(work)
        return identifier

    async def _begin(
        self,
        caller: Caller,
        kind: ChallengeKind,
        address: str,
        chain_id: int,
        origin: str | None,
        *,
        person_id: str | None = None,
    ) -> BegunWallet:
        address = address_of("address", address)
        if not 0 < chain_id <= MAX_CHAIN:
            raise ValidationError("chainId", f"chainId takes a number from 1 to {MAX_CHAIN}.")
        origin = self._origins[0] if origin is None else origin
        if origin not in self._origins:
            raise ValidationError("origin", "No page of that origin may ask for a signature: see ONE_ALLOWED_ORIGINS.")
        await self._limits.count(Limited.SIGN_IN, caller)
        domain = urlsplit(origin).netloc
        challenge = await self._challenges.issue(kind, person_id, bound(domain, address, chain_id))
        message = WalletMessage(
            scheme=None,
            domain=domain,
            address=address,
            uri=origin,
            chain_id=chain_id,
            nonce=challenge.text,
            issued_at=challenge.expires_at - LIFETIME,
            expires_at=challenge.expires_at,
        )
        return BegunWallet(message.written(STATEMENT if person_id is None else LINKING), challenge.expires_at)

    async def _proved(
        self, caller: Caller, kind: ChallengeKind, message: str, signature: str, person_id: str | None = None
    ) -> str:
        """The address of a wallet that signed what was begun, which is used up before anybody else is asked."""
        said, signed = read("message", message), signature_of("signature", signature)
        await self._limits.count(Limited.PROOF, caller)

        async def work(transaction: Transaction) -> str | AppError:
            at = self._clock()
            is_ours = await use_up(transaction, kind, said.nonce, at, person_id=person_id, bound=said.bound)
            return said.address if is_ours and said.fits(self._origins, at, LIFETIME) else AuthError(_NOT_SIGNED)

        address = done(await self._store.write(work))
        if not await is_signed_by(address, message, signed, self._chains.get(said.chain_id)):
            raise AuthError(_NOT_SIGNED)
        return address

    @staticmethod
    async def _keep(transaction: Transaction, person_id: str, wallet: Wallet) -> None:
        """Show a wallet as proved in its person's profile."""
        person = await people.fetch_one(transaction, person_id)
        if person is not None:
            others = [each for each in person.wallets if each.address.lower() != wallet.address.lower()]
            await people.set_wallets(transaction, replace(person, wallets=(*others, wallet)))

    @staticmethod
    async def _forget(transaction: Transaction, person_id: str, address: str) -> None:
        person = await people.fetch_one(transaction, person_id)
        if person is not None:
            others = [each for each in person.wallets if each.address.lower() != address.lower()]
            await people.set_wallets(transaction, replace(person, wallets=tuple(others)))


def _row(person_id: str, address: str, at: int) -> IdentityRow:
    subject = address.lower()
    return IdentityRow(
        id=new_id(IDENTITY_PREFIX),
        key=identities.key_of(WALLET, subject),
        personId=person_id,
        provider=WALLET,
        subject=subject,
        createdAt=at,
        lastUsedAt=at,
    )
