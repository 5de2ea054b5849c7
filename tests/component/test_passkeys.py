"""Passkeys: getting one, signing in with it and taking it away, and that nothing else lets anybody in."""

import asyncio
from collections.abc import Mapping
from typing import cast

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from domain.access import Caller
from domain.errors import ConflictError
from domain.passkeys import MAX_PASSKEYS
from domain.values import JSON, JSONObject
from graph.store import Statement
from services.second_factor_reset import reset_second_factor
from tests.accounts import SESSION, Accounts, SignedIn, is_out
from tests.authenticator import challenged, enrol
from tests.letters import Letters
from tests.passkey_device import DOMAIN, Device, b64, begin, enable, equip, options, register, sign_in, unb64
from tests.snapshots import Snapshot

pytestmark = [pytest.mark.slow, pytest.mark.once]

SESSIONS: Statement[int] = Statement("count_sessions", "RETURN COUNT { (:Session) } AS row")
PASSKEYS: Statement[int] = Statement("count_passkeys", "RETURN COUNT { (:Passkey) } AS row")
COUNTS: Statement[int] = Statement("counts", "MATCH (n:Passkey) RETURN n.signCount AS row ORDER BY n.id")
STORED: Statement[Mapping[str, object]] = Statement("stored", "MATCH (n) RETURN properties(n) AS row")
FAILED: Statement[str] = Statement(
    "failed", "MATCH (n:Event {type: 'user_login_failed'}) RETURN n.properties AS row ORDER BY n.id"
)


def kind(answer: Mapping[str, JSON]) -> str:
    return str(answer["__typename"])


async def remove(someone: SignedIn, identifier: str) -> str:
    return kind(await someone.api.change("removePasskey", {"id": identifier}))


async def methods(someone: SignedIn) -> list[Mapping[str, JSON]]:
    answer = await someone.api.ask("{ viewer { signInMethods { kind name } } }")
    return cast("list[Mapping[str, JSON]]", answer.at("viewer.signInMethods"))


def changed(credential: JSONObject, **response: JSON) -> JSONObject:
    """A credential of which a part of the response is another one."""
    return {**credential, "response": {**cast("JSONObject", credential["response"]), **response}}


async def test_a_passkey_is_made_and_signs_in_as_both_factors(accounts: Accounts, letters: Letters) -> None:
    who = await enrol(accounts, "ann")  # with a second factor, which a passkey is already
    wanted = await options(who.api.api, "beginPasskeyRegistration")
    assert wanted["rp"] == {"name": "ONE", "id": DOMAIN}
    user = cast("Mapping[str, str]", wanted["user"])
    assert (user["name"], user["displayName"]) == ("ann@one.example", "Ann")
    assert b"ann" not in unb64(user["id"])
    selection = cast("Mapping[str, JSON]", wanted["authenticatorSelection"])
    assert (selection["residentKey"], selection["userVerification"]) == ("required", "required")
    assert (wanted["attestation"], wanted["excludeCredentials"]) == ("none", [])
    device = Device()
    answer = await register(who.api, device.make(wanted), " Laptop ")
    method = cast("Mapping[str, JSON]", answer["method"])
    assert (method["kind"], method["name"], method["lastUsedAt"]) == ("passkey", "Laptop", None)
    assert await methods(who.api) == [{"kind": "password", "name": None}, {"kind": "passkey", "name": "Laptop"}]
    assert "another way, or one less" in (await letters.last("ann")).text
    known = (await options(who.api.api, "beginPasskeyRegistration"))["excludeCredentials"]
    name = b64(device.credential_id)
    assert known == [{"id": name, "type": "public-key", "transports": ["hybrid", "internal"]}]

    asked = await options(accounts.api)
    assert (asked["rpId"], asked["allowCredentials"], asked["userVerification"]) == (DOMAIN, [], "required")
    ann = accounts.signed_in(await sign_in(accounts, device.sign(asked)))
    seen = await ann.api.ask("{ viewer { person { username } signInMethods { kind lastUsedAt } } }")
    assert seen.at("viewer.person.username") == "ann"
    assert seen.at("viewer.signInMethods.1.lastUsedAt") is not None
    activity = await ann.api.ask("{ viewer { accountActivity(first: 5) { nodes { type properties } } } }")
    types = activity.each("viewer.accountActivity.nodes", "type")
    assert types[:2] == ["user_login", "email_sent"]
    assert "passkey_added" in types


async def test_the_store_holds_neither_a_challenge_nor_what_could_sign(accounts: Accounts) -> None:
    ann = await accounts.join("ann")
    device, _ = await equip(ann)
    challenges = [unb64(str((await options(accounts.api))["challenge"])).decode() for _ in range(2)]
    stored = repr(await accounts.store.read(STORED, {}))
    private = device.key.private_numbers().private_value.to_bytes(32)
    for secret in (*challenges, b64(private), private.hex()):
        assert secret not in stored


async def test_what_was_made_otherwise_than_it_should_is_not_believed(accounts: Accounts) -> None:
    ann, ben = await accounts.join("ann"), await accounts.join("ben")

    async def begun(who: SignedIn = ann) -> Mapping[str, JSON]:
        return await options(who.api, "beginPasskeyRegistration")

    wrong = [
        Device().make(await begun(), origin="https://one.example"),
        Device().make(await begun(), origin="http://localhost:8001"),
        Device().make(await begun(), origin="http://localhost:8000.evil.example"),
        Device().make(await begun(), domain="evil.example"),
        Device().make(await begun(), verified=False),
        Device().make(await begun(ben)),  # another person's challenge
        Device().make({**await options(accounts.api), "user": {"id": ""}}),  # one to sign in with
        Device().make({**await begun(), "challenge": b64(b"0" * 64)}),
        Device(credential_id=bytes(1_024)).make(await begun()),
    ]
    for credential in wrong:
        assert kind(await register(ann, credential)) == "AuthError"
    late = Device().make(await begun())
    accounts.clock.forward(minutes=5)
    assert kind(await register(ann, late)) == "AuthError"
    good = Device().make(await options(ann.api, "beginPasskeyRegistration"))
    before = await Snapshot.take(accounts.store)
    unreadable: list[JSON] = [
        *("x", 7, [], {}, {**good, "id": 7}, {**good, "type": "x"}, {**good, "response": None}),
        changed(good, clientDataJSON=b64(b"{}")),
        changed(good, clientDataJSON="é"),
        changed(good, clientDataJSON=b64(b"\xff")),
    ]
    for unread in unreadable:
        answer = await register(ann, unread)
        assert (kind(answer), answer["field"]) == ("ValidationError", "credential")
    for name in ("", " ", "x" * 201, "a\u202eb"):
        answer = await register(ann, good, name)
        assert (kind(answer), answer["field"]) == ("ValidationError", "name")
    assert await Snapshot.take(accounts.store) == before
    assert kind(await register(ann, changed(good, attestationObject=b64(b"\xa0")))) == "AuthError"
    assert kind(await register(ann, good)) == "AuthError"  # used up by the try before
    assert await accounts.store.read(PASSKEYS, {}) == [0]
    accounts.clock.forward(minutes=6)
    ann = accounts.signed_in(await accounts.refresh(ann.refresh))
    assert kind(await begin(ann.api, "beginPasskeyRegistration")) == "ReauthenticationError"


async def test_a_passkey_is_of_one_person_also_where_two_register_it_at_once(accounts: Accounts) -> None:
    people = [await accounts.join(name) for name in ("ann", "ben")]
    for together in (False, True):
        device = Device()
        made = [device.make(await options(each.api, "beginPasskeyRegistration")) for each in people]
        tries = [register(each, credential) for each, credential in zip(people, made, strict=True)]
        answers = await asyncio.gather(*tries) if together else [await each for each in tries]
        assert sorted(kind(answer) for answer in answers) == ["CompletePasskeyRegistrationSuccess", "ConflictError"]
        assert {answer.get("conflict", "credential") for answer in answers} == {"credential"}
    assert await accounts.store.read(PASSKEYS, {}) == [2]


async def test_a_challenge_to_register_is_good_once_also_for_two_at_once(accounts: Accounts) -> None:
    ann = await accounts.join("ann")
    wanted = await options(ann.api, "beginPasskeyRegistration")
    answers = await asyncio.gather(*(register(ann, Device().make(wanted)) for _ in range(3)))
    assert sorted(kind(each) for each in answers) == ["AuthError"] * 2 + ["CompletePasskeyRegistrationSuccess"]
    assert await accounts.store.read(PASSKEYS, {}) == [1]


async def test_nobody_has_more_passkeys_than_there_may_be(accounts: Accounts) -> None:
    ann = await accounts.join("ann")
    last = [await options(ann.api, "beginPasskeyRegistration") for _ in range(2)]
    for _ in range(MAX_PASSKEYS - 1):
        await equip(ann)
    answers = await asyncio.gather(*(register(ann, Device().make(each)) for each in last))
    assert sorted(kind(each) for each in answers) == ["CompletePasskeyRegistrationSuccess", "ConflictError"]
    assert kind(await begin(ann.api, "beginPasskeyRegistration")) == "ConflictError"
    assert await accounts.store.read(PASSKEYS, {}) == [MAX_PASSKEYS]


async def test_what_was_signed_otherwise_than_it_should_lets_nobody_in(accounts: Accounts) -> None:
    ann, ben = await accounts.join("ann"), await accounts.join("ben")
    (device, _), (other, _) = await equip(ann), await equip(ben)
    before = await accounts.store.read(SESSIONS, {})

    async def asked() -> Mapping[str, JSON]:
        return await options(accounts.api)

    good = device.sign(await asked())
    stranger = Device(handle=device.handle)
    wrong: list[JSONObject] = [
        stranger.sign(await asked()),  # a passkey that nobody has
        device.sign(await asked(), origin="https://localhost:8000"),
        device.sign(await asked(), origin="http://one.example"),
        device.sign(await asked(), domain="one.example"),
        device.sign(await asked(), verified=False),
        device.sign(await asked(), kind="webauthn.create"),
        device.sign(await asked(), key=other.key),
        device.sign(await asked(), handle=other.handle),
        device.sign(await asked(), handle=b""),
        changed(device.sign(await asked()), userHandle=None),
        changed(device.sign(await asked()), authenticatorData=b64(b"short")),
        changed(device.sign(await asked()), clientDataJSON=good["response"]["clientDataJSON"]),  # type: ignore[index, call-overload]
        {**other.sign(await asked()), "id": good["id"], "rawId": good["id"]},  # signed by another person's
        {**device.sign(await asked()), "id": "x"},
        device.sign({"challenge": b64(b"0" * 64)}),
        device.sign(await options(ann.api, "beginPasskeyRegistration")),
    ]
    messages = set()
    for credential in wrong:
        answer = await sign_in(accounts, credential)
        assert kind(answer) == "AuthError", credential
        messages.add(answer["message"])
    assert len(messages) == 1, "nobody learns which of them it was"
    late = device.sign(await asked())
    accounts.clock.forward(minutes=5)
    assert kind(await sign_in(accounts, late)) == "AuthError"
    await accounts.set_status("ann", "suspended")
    assert kind(await sign_in(accounts, device.sign(await asked()))) == "AuthError"
    assert await accounts.store.read(SESSIONS, {}) == before
    await accounts.set_status("ann", "active")
    unreadable: list[JSON] = ["x", {}, {**good, "rawId": 7}, changed(good, clientDataJSON=b64(b"[]"))]
    for unread in unreadable:
        answer = await sign_in(accounts, unread)
        assert (kind(answer), answer["field"]) == ("ValidationError", "credential")
    accounts.signed_in(await sign_in(accounts, device.sign(await asked())))


async def test_what_was_signed_is_good_once_also_for_two_at_once(accounts: Accounts) -> None:
    ann = await accounts.join("ann")
    device, _ = await equip(ann)
    credential = device.sign(await options(accounts.api))
    answers = await asyncio.gather(*(sign_in(accounts, credential) for _ in range(4)))
    assert sorted(kind(answer) for answer in answers) == ["AuthError"] * 3 + ["SignInWithPasskeySuccess"]
    assert kind(await sign_in(accounts, credential)) == "AuthError"
    # The same challenge signed again is as bad.
    asked = await options(accounts.api)
    answers = await asyncio.gather(*(sign_in(accounts, device.sign(asked)) for _ in range(2)))
    assert sorted(kind(answer) for answer in answers) == ["AuthError", "SignInWithPasskeySuccess"]
    # A wrong answer uses a challenge up as well.
    asked = await options(accounts.api)
    assert kind(await sign_in(accounts, device.sign(asked, origin="https://evil.example"))) == "AuthError"
    assert kind(await sign_in(accounts, device.sign(asked))) == "AuthError"


async def test_a_counter_that_goes_back_is_refused_and_recorded(accounts: Accounts) -> None:
    ann = await accounts.join("ann")
    device, identifier = await equip(ann)
    copy = Device(device.credential_id, device.key, handle=device.handle)
    accounts.signed_in(await sign_in(accounts, device.sign(await options(accounts.api))))
    accounts.signed_in(await sign_in(accounts, device.sign(await options(accounts.api))))
    assert await accounts.store.read(COUNTS, {}) == [2]
    for _ in range(2):  # 1, then 2
        assert kind(await sign_in(accounts, copy.sign(await options(accounts.api)))) == "AuthError"
    # What is not signed by it is not told to be a copy of it.
    assert kind(await sign_in(accounts, Device(device.credential_id).sign(await options(accounts.api)))) == "AuthError"
    assert await accounts.store.read(COUNTS, {}) == [2]
    told = f'"passkey":"{identifier}"'
    recorded = await accounts.store.read(FAILED, {})
    assert [told in each for each in recorded] == [True] * 3
    assert ["sign_count" in each for each in recorded] == [True, True, False]
    activity = await ann.api.ask("{ viewer { accountActivity(first: 3) { nodes { type } } } }")
    assert activity.each("viewer.accountActivity.nodes", "type") == ["user_login_failed"] * 3
    accounts.signed_in(await sign_in(accounts, copy.sign(await options(accounts.api))))  # 3


async def test_a_passkey_that_does_not_count_is_good_again_and_again(accounts: Accounts) -> None:
    ann = await accounts.join("ann")
    device, _ = await equip(ann, Device(counts=0))
    for _ in range(2):
        accounts.signed_in(await sign_in(accounts, device.sign(await options(accounts.api))))
    assert await accounts.store.read(COUNTS, {}) == [0]


async def test_a_passkey_is_renamed_and_removed_by_its_person_alone(accounts: Accounts, letters: Letters) -> None:
    ann, ben = await accounts.join("ann"), await accounts.join("ben")
    device, identifier = await equip(ann)
    given: JSONObject = {"id": identifier, "name": "Phone"}
    assert kind(await ben.api.change("renamePasskey", given)) == "NotFoundError"
    assert await remove(ben, identifier) == "NotFoundError"
    assert kind(await ann.api.change("unlinkProvider", {"id": identifier})) == "NotFoundError"
    answer = await ann.api.change("renamePasskey", given, "method { name }")
    assert answer["method"] == {"name": "Phone"}
    assert kind(await ann.api.change("renamePasskey", {**given, "name": ""})) == "ValidationError"
    accounts.clock.forward(minutes=11)
    ann = accounts.signed_in(await accounts.refresh(ann.refresh))
    assert await remove(ann, identifier) == "ReauthenticationError"
    ann = accounts.signed_in(await sign_in(accounts, device.sign(await options(accounts.api))))
    await letters.deliver()
    assert await remove(ann, identifier) == "RemovePasskeySuccess"
    assert await remove(ann, identifier) == "NotFoundError"
    assert "another way, or one less" in (await letters.last("ann")).text
    assert await methods(ann) == [{"kind": "password", "name": None}]
    assert kind(await sign_in(accounts, device.sign(await options(accounts.api)))) == "AuthError"
    activity = await ann.api.ask("{ viewer { accountActivity(first: 9) { nodes { type } } } }")
    told = activity.each("viewer.accountActivity.nodes", "type")
    assert (told.count("passkey_renamed"), told.count("passkey_removed")) == (1, 1)


async def test_a_passkey_proves_once_more_who_somebody_is(accounts: Accounts) -> None:
    ann, ben = await accounts.join("ann"), await accounts.join("ben")
    (device, identifier), (other, _) = await equip(ann), await equip(ben)
    accounts.clock.forward(minutes=11)
    ann = accounts.signed_in(await accounts.refresh(ann.refresh))
    assert await remove(ann, identifier) == "ReauthenticationError"

    async def prove(credential: JSON, who: SignedIn = ann) -> Mapping[str, JSON]:
        return await who.api.change("reauthenticateWithPasskey", {"credential": credential}, SESSION)

    for credential in (
        other.sign(await options(accounts.api)),
        device.sign(await options(accounts.api), origin="https://evil.example"),
        device.sign(await options(accounts.api), verified=False),
        {},
    ):
        answer = await prove(credential)
        assert (kind(answer), answer["field"]) == ("ValidationError", "credential")
    assert await remove(ann, identifier) == "ReauthenticationError"
    proven = accounts.signed_in(await prove(device.sign(await options(accounts.api))))
    assert (proven.session, await is_out(ann.api)) == (ann.session, True)
    another = await accounts.sign_in("ann")
    signed = device.sign(await options(accounts.api))
    answers = await asyncio.gather(prove(signed, proven), prove(signed, another))
    assert sorted(kind(each) for each in answers) == ["ReauthenticateWithPasskeySuccess", "ValidationError"]
    [proven] = [accounts.signed_in(each) for each in answers if "tokens" in each]
    assert await remove(proven, identifier) == "RemovePasskeySuccess"


async def test_the_last_way_in_stays_also_where_the_last_two_go_at_once(accounts: Accounts) -> None:
    ann = await accounts.join("ann")
    (_, one), (_, two) = await equip(ann), await equip(ann)
    await accounts.run(Statement("forget", "MATCH (n:Credential) DELETE n RETURN 1 AS row"))
    assert sorted(await asyncio.gather(remove(ann, one), remove(ann, two))) == ["ConflictError", "RemovePasskeySuccess"]
    assert await methods(ann) == [{"kind": "passkey", "name": "Laptop"}]


async def second(accounts: Accounts, challenge: str, credential: JSON) -> Mapping[str, JSON]:
    """What ending a sign-in by a passkey answers."""
    given: JSONObject = {"challenge": challenge, "proof": {"passkey": credential}}
    return await accounts.api.change(
        "completeSecondFactor", given, "session { id } tokens { accessToken refreshToken }"
    )


async def test_a_passkey_is_a_second_factor_beside_an_app_and_by_itself(accounts: Accounts, letters: Letters) -> None:
    app = await enrol(accounts, "ben")
    device, _ = await equip(app.api)
    answer = await accounts.try_to_sign_in("ben")
    assert answer["methods"] == ["totp", "passkey", "recovery_code"]
    ended = await second(accounts, str(answer["challenge"]), device.sign(await options(accounts.api)))
    assert kind(ended) == "CompleteSecondFactorSuccess"

    ann = await accounts.join("ann")
    assert kind(await enable(ann)) == "ConflictError"  # there is no passkey
    assert kind(await accounts.try_to_sign_in("ann")) == "SignInSuccess"
    mine, identifier = await equip(ann)
    accounts.clock.forward(minutes=1)
    answers = await asyncio.gather(enable(ann), enable(ann))
    assert sorted(kind(each) for each in answers) == ["ConflictError", "EnableTwoFactorSuccess"]
    [on] = [each for each in answers if "recoveryCodes" in each]
    assert (len(cast("list[str]", on["recoveryCodes"])), on["secondFactor"]) == (10, {"enabled": True})
    assert "a passkey whenever you sign in" in (await letters.last("ann")).text
    answer = await accounts.try_to_sign_in("ann")
    assert answer["methods"] == ["passkey", "recovery_code"]
    challenge = str(answer["challenge"])
    for credential in (
        device.sign(await options(accounts.api)),  # ben's
        mine.sign(await options(accounts.api), verified=False),
        mine.sign(await options(accounts.api), key=ec.generate_private_key(ec.SECP256R1())),
    ):
        refused = await second(accounts, challenge, credential)
        assert (kind(refused), refused["field"]) == ("ValidationError", "proof.passkey")
    proof: JSON = {"code": "123456"}
    refused = await accounts.api.change("completeSecondFactor", {"challenge": challenge, "proof": proof})
    assert (kind(refused), refused["field"]) == ("ValidationError", "proof.code")
    signed = mine.sign(await options(accounts.api))
    tries = await asyncio.gather(*(second(accounts, challenge, signed) for _ in range(2)))
    assert sorted(kind(each) for each in tries) == ["AuthError", "CompleteSecondFactorSuccess"]

    challenge = await challenged(accounts, "ann")
    for _ in range(5):
        assert kind(await second(accounts, challenge, mine.sign(await options(accounts.api), verified=False)))
    assert kind(await second(accounts, challenge, mine.sign(await options(accounts.api)))) == "AuthError"

    assert await remove(ann, identifier) == "ConflictError"  # the second factor rests on it
    other, another = await equip(ann)
    assert await remove(ann, identifier) == "RemovePasskeySuccess"
    assert await remove(ann, another) == "ConflictError"
    given: JSONObject = {"password": "violet anchor 94 meadow"}
    assert kind(await ann.api.change("reauthenticate", given)) == "ValidationError"
    given = {**given, "secondFactor": {"passkey": other.sign(await options(accounts.api))}}
    ann = accounts.signed_in(await ann.api.change("reauthenticate", given, SESSION))
    given = {"proof": {"passkey": other.sign(await options(accounts.api))}}
    assert kind(await ann.api.change("disableTwoFactor", given)) == "DisableTwoFactorSuccess"
    assert await remove(ann, another) == "RemovePasskeySuccess"
    await accounts.sign_in("ann")


async def test_an_operator_who_resets_a_second_factor_takes_the_passkeys_too(accounts: Accounts) -> None:
    ann, ben = await accounts.join("ann"), await accounts.join("ben")
    device, _ = await equip(ann)
    await equip(ben)
    await reset_second_factor(accounts.store, Caller(None), "ann@one.example")
    assert await is_out(ann.api)
    assert kind(await sign_in(accounts, device.sign(await options(accounts.api)))) == "AuthError"
    assert await accounts.store.read(PASSKEYS, {}) == [1]
    with pytest.raises(ConflictError):
        await reset_second_factor(accounts.store, Caller(None), "ann@one.example")
    ann = await accounts.sign_in("ann")
    activity = await ann.api.ask("{ viewer { accountActivity(first: 9) { nodes { type } } } }")
    types = activity.each("viewer.accountActivity.nodes", "type")
    assert (types.count("passkey_removed"), types.count("two_factor_disabled")) == (1, 0)
