"""What there is of somebody: seeing all of it, and having it erased for good."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import pytest

from domain.people import MemberRole, PlatformRole
from domain.values import JSON, JSONObject
from graph.store import Statement
from services.checking import Checking
from services.ontology import Ontology
from tests.accounts import PASSWORD, Accounts, SignedIn, is_out
from tests.authenticator import enrol
from tests.letters import Letters
from tests.passkey_device import equip
from tests.snapshots import Snapshot
from tests.wallets import linked
from tests.worlds import World

pytestmark = [pytest.mark.slow, pytest.mark.once]

STORED: Statement[Mapping[str, object]] = Statement("stored", "MATCH (n) RETURN properties(n) AS row")
PERSON: Statement[Mapping[str, JSON]] = Statement(
    "person", "MATCH (n:Person {id: $id}) RETURN n {.status, .role, .displayName, .emailVerifiedAt, .bio} AS row"
)
LEFT: Statement[int] = Statement(
    "left",
    """
    RETURN COUNT { MATCH (n {personId: $id}) WHERE NOT n:SignInChallenge }
        + COUNT { MATCH (:Person {id: $id})-[m:MEMBER_OF]->() WHERE m.validTo IS NULL }
        + COUNT { MATCH (:Person {id: $id})-[:OWNS]->(k:ApiKey) WHERE k.status = 'active' } AS row""",
)
PROMOTE: Statement[int] = Statement("promote", "MATCH (n:Person {email: $email}) SET n.role = $role RETURN 1 AS row")
BIO: Statement[int] = Statement(
    "bio", "MATCH (n:Person {email: 'ann@one.example'}) SET n.bio = 'Bio of Ann' RETURN 1 AS row"
)
ABOUT: Statement[Mapping[str, JSON]] = Statement(
    "about",
    """
    MATCH (n) WHERE any(name IN keys(n) WHERE n[name] = $id)
    RETURN {labels: labels(n), id: n.id} AS row""",
)
EDGES: Statement[str] = Statement(
    "edges", "MATCH (n:Person {id: $id})-[e]-() WHERE e.id IS NOT NULL RETURN DISTINCT e.id AS row"
)
VERSIONS: Statement[str] = Statement(
    "versions", "MATCH (n:ThingVersion {thingId: $id}) RETURN n.properties AS row ORDER BY n.key"
)
TOLD: Statement[str] = Statement(
    "told", "MATCH (n:Event) WHERE n.actor = $id OR n.targetId = $id RETURN n.type AS row ORDER BY n.id"
)


def kind(answer: Mapping[str, JSON]) -> str:
    return str(answer["__typename"])


async def delete(someone: SignedIn, username: str) -> Mapping[str, JSON]:
    return await someone.api.change("deleteAccount", {"username": username}, "id membershipsEnded keysRevoked")


async def id_of(someone: SignedIn) -> str:
    return str((await someone.api.ask("{ viewer { person { id } } }")).at("viewer.person.id"))


async def promote(accounts: Accounts, name: str, role: PlatformRole) -> None:
    await accounts.run(PROMOTE, email=f"{name}@one.example", role=role)


async def group(someone: SignedIn, slug: str) -> str:
    new: dict[str, JSON] = {"slug": slug, "name": slug, "type": "business", "parentId": None}
    answer = await someone.api.change("createGroup", new, "group { id }")
    assert kind(answer) == "CreateGroupSuccess", answer
    made = str(cast("Mapping[str, JSON]", answer["group"])["id"])
    await join(someone, await id_of(someone), made, MemberRole.OWNER)
    return made


async def join(someone: SignedIn, person: str, group_id: str, role: MemberRole) -> None:
    new: dict[str, JSON] = {"type": "member_of", "fromId": person, "toId": group_id, "properties": {"role": role}}
    assert kind(await someone.api.change("connect", new)) == "ConnectSuccess"


@dataclass
class Shop:
    """Where somebody buys who then goes."""

    world: World
    mug: str

    @classmethod
    async def opened(cls, accounts: Accounts) -> "Shop":
        world = await World.create(accounts.store, accounts.api)
        shop = await world.group("shop", visibility="public")
        properties: JSON = {"category": "physical", "price": {"amount": 1_600, "currency": "USD"}}
        return cls(world, await world.thing("Mug", shop, "product", status="published", properties=properties))

    def wanted(self, key: str, **ship_to: str) -> JSONObject:
        return {
            "lines": [{"productId": self.mug, "quantity": 1}],
            "idempotencyKey": key,
            **({"shipTo": ship_to} if ship_to else {}),
        }

    async def ordered(self, someone: SignedIn, key: str, **ship_to: str) -> str:
        answer = await someone.api.change("placeOrder", self.wanted(key, **ship_to), "order { id }")
        return str(cast("Mapping[str, JSON]", answer["order"])["id"])

    async def paid(self, order: str) -> str:
        given: JSONObject = {
            "orderId": order,
            "amount": {"amount": "16.00", "currency": "USD"},
            "method": "cash",
            "idempotencyKey": f"pay {order}",
        }
        answer = await self.world.api.change("recordPayment", given, "payment { id }")
        return str(cast("Mapping[str, JSON]", answer["payment"])["id"])


async def settled(accounts: Accounts) -> list[str]:
    """What the check finds wrong."""
    cases = Checking(accounts.store, Ontology(accounts.store)).cases()
    return [f"{case.violation.rule} {case.violation.ids}" async for case in cases]


async def test_somebody_sees_all_that_there_is_of_them_and_no_secret(accounts: Accounts, letters: Letters) -> None:
    who = await enrol(accounts, "ann")
    ann, other = who.api, await accounts.join("ben")
    device, _ = await equip(ann)
    wallet, _ = await linked(ann)
    await letters.deliver()
    await accounts.run(BIO)
    await promote(accounts, "ann", PlatformRole.PLATFORM_OWNER)
    home = await group(ann, "home")
    made = await ann.api.change("createApiKey", {"name": "Robot", "scope": "read"}, "secret")
    answer = await ann.api.ask("{ viewer { dataExport } }")
    document = cast("Mapping[str, JSON]", answer.at("viewer.dataExport"))
    profile = cast("Mapping[str, JSON]", document["profile"])
    assert (profile["email"], profile["username"], profile["bio"]) == ("ann@one.example", "ann", "Bio of Ann")
    methods = cast("list[Mapping[str, JSON]]", document["signInMethods"])
    assert [each["kind"] for each in methods] == ["password", "wallet", "passkey"]
    assert methods[1]["address"] == wallet.address.lower()
    assert cast("Mapping[str, JSON]", document["secondFactor"])["recoveryCodesLeft"] == 10
    assert [each["id"] for each in cast("list[Mapping[str, JSON]]", document["sessions"])] == [ann.session]
    assert [each["name"] for each in cast("list[Mapping[str, JSON]]", document["apiKeys"])] == ["Robot"]
    assert "verify_email" in [each["template"] for each in cast("list[Mapping[str, JSON]]", document["mails"])]
    related = cast("list[Mapping[str, JSON]]", document["connections"])
    assert ("member_of", home) in [(each["type"], each["to"]) for each in related]
    happened = {each["type"] for each in cast("list[Mapping[str, JSON]]", document["events"])}
    assert happened >= {"user_registered", "user_login", "group_created", "passkey_added", "wallet_connected"}
    assert document["complete"] is True
    text = json.dumps(document)
    secrets = [ann.access, ann.refresh, str(made["secret"]), *who.recovery, who.app.parameters["secret"], PASSWORD]
    assert not [each for each in secrets if each in text]
    assert "argon2" not in text
    assert await id_of(other) not in text
    assert device.credential_id.hex() not in text


async def test_somebody_sees_what_they_bought_and_every_key_that_they_had(accounts: Accounts) -> None:
    shop = await Shop.opened(accounts)
    ann, ben = await accounts.join("ann"), await accounts.join("ben")
    first = await shop.ordered(ann, "1", name="Ann One", street="High Road 5", country="GB")
    payment, second = await shop.paid(first), await shop.ordered(ann, "2")
    theirs = await shop.ordered(ben, "3", name="Ben Two")
    await promote(accounts, "ann", PlatformRole.PLATFORM_OWNER)
    await group(ann, "den")
    made = await ann.api.change("createApiKey", {"name": "Robot", "scope": "read"}, "apiKey { id }")
    key = str(cast("Mapping[str, JSON]", made["apiKey"])["id"])
    assert kind(await ann.api.change("revokeApiKey", {"id": key})) == "RevokeApiKeySuccess"
    answer = await ann.api.ask("{ viewer { dataExport } }")
    document = cast("Mapping[str, list[Mapping[str, JSON]]]", answer.at("viewer.dataExport"))
    assert [each["id"] for each in document["orders"]] == [second, first]
    bought = cast("Mapping[str, JSON]", document["orders"][1]["properties"])
    assert bought["shipTo"] == {"name": "Ann One", "street": "High Road 5", "country": "GB"}
    assert bought["customerId"] == await id_of(ann)
    assert [each["id"] for each in document["payments"]] == [payment]
    assert [(each["id"], each["status"]) for each in document["apiKeys"]] == [(key, "archived")]
    text = json.dumps(document)
    assert not [each for each in (theirs, "Ben Two", await id_of(ben)) if each in text]


async def test_no_kind_of_node_about_somebody_is_left_out(accounts: Accounts, letters: Letters) -> None:
    shop = await Shop.opened(accounts)
    who = await enrol(accounts, "ann")
    ann = who.api
    await equip(ann)
    await linked(ann)
    await shop.paid(await shop.ordered(ann, "1", name="Ann One"))
    await promote(accounts, "ann", PlatformRole.ORG_OWNER)
    club = await shop.world.group("club")
    given: JSONObject = {"toPersonId": await id_of(ann), "onId": club, "role": "viewer"}
    granted = await shop.world.api.change("grantAccess", given)
    assert kind(granted) == "GrantAccessSuccess", granted
    await promote(accounts, "ann", PlatformRole.PLATFORM_OWNER)
    await group(ann, "den")
    await ann.api.change("createApiKey", {"name": "Robot", "scope": "read"})
    await accounts.api.change("requestPasswordReset", {"email": "ann@one.example"})
    await letters.deliver()
    answer = await ann.api.ask("{ viewer { dataExport } }")
    text = json.dumps(answer.at("viewer.dataExport"))
    found = await accounts.store.read(ABOUT, {"id": await id_of(ann)})
    about = [(set(cast("list[str]", each["labels"])), str(each["id"])) for each in found]
    labels = {label for some, _ in about for label in some}
    assert labels >= {"Person", "Session", "Passkey", "Identity", "Mail", "ApiKey", "Order", "Payment", "Event"}
    # Of these there is nothing to show but that they are there, which the ways in and the second factor say.
    secret = {"Credential", "SecondFactor", "OneTimeToken", "SignInChallenge"}
    assert labels >= secret - {"SignInChallenge"}
    assert [each for each in about if not each[0] & secret and each[1] not in text] == []
    edges = await accounts.store.read(EDGES, {"id": await id_of(ann)})
    assert len(edges) >= 3
    assert [each for each in edges if each not in text] == []


async def test_nobody_sees_the_document_of_somebody_else(accounts: Accounts) -> None:
    ann, ben = await accounts.join("ann"), await accounts.join("ben")
    documents = [json.dumps((await each.api.ask("{ viewer { dataExport } }")).data) for each in (ann, ben)]
    assert ("ann@one.example" in documents[0], "ann@one.example" in documents[1]) == (True, False)
    assert (await accounts.api.ask("{ viewer { dataExport } }")).data == {"viewer": None}


async def test_an_account_is_deleted_and_nothing_says_whose_it_was(accounts: Accounts, letters: Letters) -> None:
    ann, ben = (await enrol(accounts, "ann")).api, await accounts.join("ben")
    await equip(ann)
    await linked(ann)
    await letters.deliver()
    for name in ("ann", "ben"):
        await promote(accounts, name, PlatformRole.PLATFORM_OWNER)
    await accounts.run(BIO)
    person = await id_of(ann)
    shop = await group(ben, "shop")
    await join(ben, person, shop, MemberRole.ADMIN)
    made = await ann.api.change("createApiKey", {"name": "Robot of Ann", "scope": "write"}, "secret")
    wrong = await delete(ann, "ben")
    assert (kind(wrong), wrong["field"]) == ("ValidationError", "username")
    answer = await delete(ann, "ANN")
    assert answer == {"__typename": "DeleteAccountSuccess", "id": person, "membershipsEnded": 1, "keysRevoked": 1}
    assert await is_out(ann.api)
    assert (await accounts.api.as_holder_of(str(made["secret"])).ask("{ viewer { scope } }")).status == 401
    assert kind(await accounts.refresh(ann.refresh)) == "AuthError"
    assert kind(await accounts.try_to_sign_in("ann")) == "AuthError"
    [left] = await accounts.store.read(PERSON, {"id": person})
    assert left == {
        "status": "deleted",
        "role": "customer",
        "displayName": "Deleted account",
        "emailVerifiedAt": None,
        "bio": None,
    }
    assert await accounts.store.read(LEFT, {"id": person}) == [0]
    stored = [repr(each) for each in await accounts.store.read(STORED, {})]
    for personal in ("ann@one.example", "'ann'", "Ann", "Bio of"):
        assert not [each for each in stored if personal in each]
    told = await accounts.store.read(TOLD, {"id": person})
    assert told[-1] == "account_deleted"
    assert {"user_registered", "user_removed_from_group", "api_key_revoked"} <= set(told)
    seen = await ben.api.ask(
        "query ($id: ID!) { node(id: $id) { ... on Person { displayName status email } } }", id=person
    )
    assert (seen.at("node.displayName"), seen.at("node.status")) == ("Deleted account", "deleted")
    assert str(seen.at("node.email")).endswith("@deleted.invalid")
    assert await settled(accounts) == []
    again = await accounts.join("ann")  # whose address and name are free
    assert await id_of(again) != person


async def test_what_somebody_bought_stays_and_says_no_more_who_they_were(accounts: Accounts, letters: Letters) -> None:
    shop = await Shop.opened(accounts)
    ann, ben = await accounts.join("ann"), await accounts.join("ben")
    place = {"name": "Ann One", "street": "High Road 5", "city": "Leeds", "postalCode": "LS1", "country": "GB"}
    order, other = await shop.ordered(ann, "1", **place), await shop.ordered(ben, "2", **place | {"name": "Ben Two"})
    abroad = await shop.ordered(ann, "3", name="Ann One")
    await shop.paid(order)  # so that there is an older version, with the same place
    await letters.deliver()
    before = {each: await shown(shop, each) for each in (order, other, abroad)}
    assert before[order]["shipTo"] == {**place, "region": None}
    assert kind(await delete(ann, "ann")) == "DeleteAccountSuccess"
    after = {each: await shown(shop, each) for each in (order, other, abroad)}
    nowhere = dict.fromkeys(place, None) | {"region": None}
    assert after[order] == {**before[order], "shipTo": nowhere | {"country": "GB"}}
    assert after[abroad] == {**before[abroad], "shipTo": None}
    assert after[other] == before[other]
    versions = await accounts.store.read(VERSIONS, {"id": order})
    assert len(versions) == 1
    assert json.loads(versions[0])["shipTo"] == {"country": "GB"}
    stored = [repr(each) for each in await accounts.store.read(STORED, {})]
    for personal in ("ann@one.example", "'ann'", "Ann"):
        assert not [each for each in stored if personal in each]
    assert sum("High Road 5" in each for each in stored) == 1  # Ben's
    assert await settled(accounts) == []


async def test_an_order_that_is_placed_beside_the_end_of_its_account_says_no_place(accounts: Accounts) -> None:
    shop = await Shop.opened(accounts)
    for round_ in range(4):
        ann = await accounts.join("ann")
        given = shop.wanted(f"{round_}", name="Ann One")
        tries = [ann.api.ask(PLACE, input=given), ann.api.ask(DELETE, username="ann")]
        answers = await asyncio.gather(*(tries if round_ % 2 else tries[::-1]))
        placed, gone = answers if round_ % 2 else answers[::-1]
        assert gone.at("answer.__typename") == "DeleteAccountSuccess"
        # It was placed before, refused where it had to wait, or is of a session that was over already.
        assert placed.status == 401 or placed.at("answer.__typename") in {"PlaceOrderSuccess", "AuthError"}
        stored = [repr(each) for each in await accounts.store.read(STORED, {})]
        assert not [each for each in stored if "Ann" in each]


async def shown(shop: Shop, order: str) -> Mapping[str, JSON]:
    """An order as the platform owner sees it."""
    answer = await shop.world.api.ask(
        """query ($id: ID!) { node(id: $id) { ... on Order {
            number state version net { amount } shipTo { name street city region postalCode country }
        } } }""",
        id=order,
    )
    return cast("Mapping[str, JSON]", answer.at("node"))


async def test_who_is_needed_hands_over_before(accounts: Accounts) -> None:
    ann, ben = await accounts.join("ann"), await accounts.join("ben")
    await promote(accounts, "ann", PlatformRole.PLATFORM_OWNER)
    shop = await group(ann, "shop")
    before = await Snapshot.take(accounts.store)
    answer = await delete(ann, "ann")
    assert kind(answer) == "ConflictError"
    assert "platform" in str(answer["message"])
    await promote(accounts, "ben", PlatformRole.PLATFORM_OWNER)
    answer = await delete(ann, "ann")
    assert kind(answer) == "ConflictError"
    assert shop in str(answer["message"])
    await promote(accounts, "ben", PlatformRole.CUSTOMER)
    restored = await Snapshot.take(accounts.store)
    assert len(restored.nodes) == len(before.nodes)
    await promote(accounts, "ben", PlatformRole.PLATFORM_OWNER)
    await join(ann, await id_of(ben), shop, MemberRole.OWNER)
    # Of two who go at once one stays, for the platform and for the group.
    answers = await asyncio.gather(delete(ann, "ann"), delete(ben, "ben"))
    assert sorted(kind(each) for each in answers) == ["ConflictError", "DeleteAccountSuccess"]
    assert await settled(accounts) == []


async def test_deleting_takes_a_proof_of_late_and_happens_once(accounts: Accounts) -> None:
    ann = await accounts.join("ann")
    accounts.clock.forward(minutes=11)
    ann = accounts.signed_in(await accounts.refresh(ann.refresh))
    assert kind(await delete(ann, "ann")) == "ReauthenticationError"
    ann, other = await accounts.sign_in("ann"), await accounts.sign_in("ann")
    tries = [each.api.ask(DELETE, username="ann") for each in (ann, other)]
    answers = await asyncio.gather(*tries)
    # The other is out by then, be it before or after it was let in.
    outcomes = ["AuthError" if each.status == 401 else str(each.at("answer.__typename")) for each in answers]
    assert sorted(outcomes) == ["AuthError", "DeleteAccountSuccess"]
    assert kind(await accounts.try_to_sign_in("ann")) == "AuthError"


DELETE = "mutation ($username: String!) { answer: deleteAccount(input: {username: $username}) { __typename } }"
PLACE = "mutation ($input: PlaceOrderInput!) { answer: placeOrder(input: $input) { __typename } }"
