"""Keys that encrypt secrets: another one, and the old one gone, while people go on signing in."""

import asyncio
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager

import httpx2
import pytest

from domain.access import Caller
from domain.errors import NotFoundError
from domain.values import JSON
from graph import sealed
from graph.sealed import Place
from graph.second_factors import SecondFactorRow
from graph.store import Statement, Store, Transaction
from services import secret_rotation
from services.sealing import Purpose, SecretBox, SecretKeyError
from services.second_factor_reset import reset_second_factor
from services.secret_rotation import Rotated, require_keys, rotate
from tests.accounts import Accounts, TurnedClock, is_out
from tests.authenticator import Enrolled, StandingClock, challenged, complete, enrol, standing
from tests.conftest import served
from tests.letters import Letters
from tests.snapshots import Snapshot

pytestmark = [pytest.mark.slow, pytest.mark.once]

OLD, NEW, OTHER = (bytes(range(start, start + 32)) for start in (0, 100, 200))
KEY_IDS: Statement[str] = Statement(
    "key_ids", "MATCH (n:SecondFactor) RETURN DISTINCT split(n.secret, '.')[1] + n.keyId AS row"
)
SPOIL: Statement[int] = Statement(
    "spoil",
    """
    MATCH (a:SecondFactor {personId: $to}), (b:SecondFactor {personId: $from})
    SET a.secret = b.secret RETURN 1 AS row""",
)


@pytest.fixture
def clock() -> TurnedClock:
    """The clock of the server, which stands."""
    return StandingClock()


def of(accounts: Accounts, *keys: bytes) -> AbstractAsyncContextManager[httpx2.AsyncClient]:
    """A server of the same store with these keys."""
    return served(accounts.store, clock=accounts.clock, box=SecretBox(keys))


async def gets_in(accounts: Accounts, http: httpx2.AsyncClient, who: Enrolled) -> bool:
    """Whether somebody gets in with a code at that server."""
    server = Accounts(accounts.store, http, accounts.clock)
    challenge = await challenged(server, who.name)
    failed = await server.api.ask(
        """mutation ($challenge: String!, $code: String!) {
            answer: completeSecondFactor(input: {challenge: $challenge, proof: {code: $code}}) { __typename } }""",
        challenge=challenge,
        code=who.app.next(),
    )
    if "errors" in failed.body:
        assert failed.codes == ["INTERNAL"]
        assert failed.body["data"] is None
        return False
    return failed.at("answer.__typename") == "CompleteSecondFactorSuccess"


async def test_a_new_key_takes_over_and_the_old_one_can_go(accounts: Accounts) -> None:
    store = accounts.store
    async with of(accounts, OLD) as http:
        ann = await enrol(Accounts(store, http, accounts.clock), "ann")
    # The new one in front: what the old one encrypted is read still, and what is new is under the new one.
    async with of(accounts, NEW, OLD) as http:
        assert await gets_in(accounts, http, ann)
        ben = await enrol(Accounts(store, http, accounts.clock), "ben")
        both = SecretBox([NEW, OLD])
        assert set((await sealed.count_by_key(store, sealed.SECOND_FACTORS)).values()) == {1}
        assert await rotate(store, both) == Rotated(1, 1, ())
        assert await rotate(store, both) == Rotated(0, 2, ())  # once more changes nothing
        assert await store.read(KEY_IDS, {}) == [f"{both.first}{both.first}"]
        assert await gets_in(accounts, http, ann)
    async with of(accounts, NEW) as http:
        assert await gets_in(accounts, http, ann)
        assert await gets_in(accounts, http, ben)
    await require_keys(store, SecretBox([NEW]))


async def test_an_old_key_that_goes_too_early_is_missed_by_name_and_nothing_changes(
    accounts: Accounts, caplog: pytest.LogCaptureFixture
) -> None:
    store = accounts.store
    async with of(accounts, OLD) as http:
        ann = await enrol(Accounts(store, http, accounts.clock), "ann")
    old = str(SecretBox([OLD]).first)
    before = await Snapshot.take(store)
    for box in (SecretBox([NEW]), SecretBox([NEW, OTHER])):
        for attempt in (rotate(store, box), require_keys(store, box)):
            with pytest.raises(SecretKeyError) as refused:
                await attempt
            assert f"1 under the key '{old}'" in str(refused.value)
            assert "ONE_SECRET_KEYS" in str(refused.value)
    assert await Snapshot.take(store) == before
    async with of(accounts, NEW) as http:
        assert not await gets_in(accounts, http, ann)
        secrets = (ann.app.parameters["secret"], ann.app.code(), OLD.hex(), NEW.hex(), repr(OLD), repr(NEW))
        assert not [secret for secret in secrets if secret in caplog.text]
        assert old in caplog.text  # the operator is told which one is missing
        # The code was not used up, and not counted as wrong.
        recovered = await complete(accounts, await challenged(accounts, "ann"), recovery=ann.recovery[0])
        accounts.signed_in(recovered)
    with pytest.raises(SecretKeyError, match="set ONE_SECRET_KEYS"):
        await rotate(store, SecretBox())


async def _many(store: Store, box: SecretBox, numbers: Sequence[int]) -> None:
    rows: list[SecondFactorRow] = []
    for number in numbers:
        sealed = box.seal(b"%020d" % number, Purpose.TOTP, f"per_{number:04}")
        rows.append(
            SecondFactorRow(
                personId=f"per_{number:04}",
                secret=sealed.text,
                keyId=sealed.key_id,
                createdAt=1,
                enabledAt=1,
                lastStep=1,
                recoveryHashes=[],
                failures=0,
                failedAt=None,
            )
        )
    create: Statement[int] = Statement("add", "UNWIND $rows AS row CREATE (n:SecondFactor) SET n = row RETURN 1 AS row")

    async def work(transaction: Transaction) -> None:
        await transaction.run(create, {"rows": rows})

    await store.write(work)


async def test_many_are_rotated_in_parts_and_two_runs_at_once_or_one_after_a_crash_do_each_once(
    store: Store, statements: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    await _many(store, SecretBox([OLD]), range(230))
    both = SecretBox([NEW, OLD])
    page, pages = secret_rotation._page, 0  # noqa: SLF001 - what a crash would end

    async def once(
        transaction: Transaction, box: SecretBox, place: Place, purpose: Purpose, after: str
    ) -> tuple[str | None, Rotated]:
        nonlocal pages
        pages += 1
        if pages == 2:
            raise KeyboardInterrupt
        return await page(transaction, box, place, purpose, after)

    with monkeypatch.context() as patched:
        patched.setattr(secret_rotation, "_page", once)
        with pytest.raises(KeyboardInterrupt):
            await rotate(store, both)
    assert await sealed.count_by_key(store, sealed.SECOND_FACTORS) == {both.first: 100, SecretBox([OLD]).first: 130}
    statements.clear()
    first, second = await asyncio.gather(rotate(store, both), rotate(store, both))
    assert first.changed + second.changed == 130
    assert first.kept + second.kept == 330
    assert statements.count("lock_sealed") >= 8
    assert await sealed.count_by_key(store, sealed.SECOND_FACTORS) == {both.first: 230}

    async def read(transaction: Transaction) -> list[bytes]:
        rows = await sealed.lock_sealed(transaction, sealed.SECOND_FACTORS, "", 1_000)
        return [SecretBox([NEW]).unseal(row["secret"], Purpose.TOTP, row["ownerId"]) for row in rows]

    assert await store.write(read) == [b"%020d" % number for number in range(230)]


async def test_people_sign_in_and_turn_it_on_and_off_beside_a_rotation(accounts: Accounts) -> None:
    store, both = accounts.store, SecretBox([NEW, OLD])
    async with of(accounts, OLD) as http:
        people = [await enrol(Accounts(store, http, accounts.clock), f"ann{number}") for number in range(4)]
    async with of(accounts, NEW, OLD) as http:
        server = Accounts(store, http, accounts.clock)
        challenges = [await challenged(server, who.name) for who in people[:3]]
        accounts.clock.forward(seconds=30)
        proof: JSON = {"recoveryCode": people[3].recovery[0]}
        rotating = asyncio.create_task(rotate(store, both))
        ended = await asyncio.gather(
            *(complete(server, each, who.app.code()) for who, each in zip(people[:3], challenges, strict=True)),
            server.api.as_holder_of(people[3].api.access).change("disableTwoFactor", {"proof": proof}),
        )
        assert [each["__typename"] for each in ended] == [
            *["CompleteSecondFactorSuccess"] * 3,
            "DisableTwoFactorSuccess",
        ]
        assert (await rotating).spoilt == ()
        assert await sealed.count_by_key(store, sealed.SECOND_FACTORS) == {both.first: 3}
    async with of(accounts, NEW) as http:
        assert [await gets_in(accounts, http, who) for who in people[:3]] == [True] * 3


async def test_a_secret_that_was_moved_to_another_person_lets_nobody_in_and_is_told(accounts: Accounts) -> None:
    store = accounts.store
    async with of(accounts, OLD) as http:
        server = Accounts(store, http, accounts.clock)
        ann, eve = await enrol(server, "ann"), await enrol(server, "eve")
        ids = [
            str((await who.api.api.ask("{ viewer { person { id } } }")).at("viewer.person.id")) for who in (ann, eve)
        ]
        await server.run(SPOIL, to=ids[0], **{"from": ids[1]})
        moved = Enrolled("ann", eve.app, [], ann.api)
        assert not await gets_in(accounts, http, moved)
        assert not await gets_in(accounts, http, ann)
    assert await rotate(store, SecretBox([NEW, OLD])) == Rotated(1, 0, (ids[0],))


async def test_an_operator_resets_the_second_factor_of_somebody_who_lost_it(
    accounts: Accounts, letters: Letters
) -> None:
    who = await enrol(accounts, "ann")
    before = await Snapshot.take(accounts.store)
    with pytest.raises(NotFoundError):
        await reset_second_factor(accounts.store, Caller(None), "nobody@one.example")
    assert await Snapshot.take(accounts.store) == before
    await letters.deliver()
    await reset_second_factor(accounts.store, Caller(None), "Ann@one.example")
    assert await is_out(who.api.api)
    assert "asks for no code any more" in (await letters.last("ann")).text
    ann = await accounts.sign_in("ann")
    assert await standing(ann) == {"enabled": False, "recoveryCodesLeft": 0}
