"""A small town: one of everything that the check of the store knows, for tests to break."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias, cast

from cryptography.hazmat.primitives.asymmetric import ec

from domain.access import Caller, KeyScope
from domain.ids import IDENTITY_PREFIX, KNOWLEDGE_PREFIX, PASSKEY_PREFIX, WEBHOOK_DELIVERY_PREFIX, new_id
from domain.people import MemberRole, PlatformRole
from domain.trusted_documents import CheckedDocument
from domain.values import JSON, JSONObject, now, to_micros
from graph import identities, knowledge, passkeys, second_factors, sign_in_attempts, sign_in_challenges, webhook_fan_out
from graph.credentials import CredentialRow, set_password
from graph.identities import IdentityRow
from graph.passkeys import PasskeyRow
from graph.sign_in_attempts import SignInAttemptRow
from graph.sign_in_challenges import SignInChallengeRow
from graph.store import Statement, Transaction
from graph.vectors import fix_dimension
from services.keys import Keys
from services.password_reset import PasswordReset
from services.people import NewPerson
from services.rate_limits import RateLimits
from services.registration import register
from services.sealing import Purpose
from services.sessions import begin
from services.trusted_documents import push
from tests.component.broken import INVENTED
from tests.component.vectors import document, vector
from tests.conftest import BOX
from tests.passkey_device import b64, public_key
from tests.snapshots import Snapshot
from tests.worlds import World, new_connection, new_group, new_thing

Names: TypeAlias = Mapping[str, str]

MAIL_IDS: Statement[str] = Statement("mail_ids", "MATCH (n:Mail) RETURN n.id AS row")


async def run(world: World, text: str, names: Names) -> None:
    """Write past every rule."""
    statement: Statement[int] = Statement("break", text if "RETURN" in text else f"{text} RETURN 1 AS row")

    async def work(transaction: Transaction) -> None:
        await transaction.run(statement, {name: names[name] for name in re.findall(r"\$(\w+)", text)})

    await world.store.write(work)


async def build(world: World) -> Names:
    """One of everything: each name with its id."""
    at = {"home": world.home, "person": world.owner.id, **INVENTED}
    at |= await world.make(shelf=new_group("shelf"), attic=new_group("attic"))
    at |= await world.make(box=new_group("box", at["attic"]))
    price: JSON = {"amount": 5, "currency": "USD"}
    at |= await world.make(
        alone=new_thing(world.home, "video", "Alone"),
        video=new_thing(world.home, "video", "Video"),
        changed=new_thing(world.home, "video", "Changed"),
        boxed=new_thing(at["box"], "video", "Boxed"),
        product=new_thing(world.home, "product", "Product", category="course", price=price),
    )
    line: JSON = {"productId": at["product"], "name": "Line", "unitPrice": 5, "quantity": 3, "discount": "0.5"}
    placed = "2026-01-01T00:00:00Z"
    at |= await world.make(
        order=new_thing(
            world.home, "order", "Order", number="1", state="paid", currency="USD", placedAt=placed, lines=[line]
        ),
        edge=new_connection("references", at["video"], at["product"]),
    )
    stray = NewPerson("stray@one.example", "Stray", "Stray", PlatformRole.CUSTOMER)
    told: JSONObject = {"description": "One of the town's."}
    await world.api.change("registerThingType", {**told, "name": "guide", "schema": {"type": "object"}})
    ends: JSONObject = {"sources": ["thing"], "targets": ["thing"]}
    await world.api.change("registerConnectionType", {**told, **ends, "name": "bound_to"})
    at["stray"] = (await register(world.store, stray, None, MemberRole.VIEWER)).id
    await world.api.change("updateThing", {"id": at["changed"], "version": 1, "name": "Changed twice"})
    given: JSONObject = {"groupId": world.home, "name": "Program"}
    account = await world.api.change("createServiceAccount", given, "serviceAccount { id }")
    at["account"] = str(cast("Mapping[str, JSON]", account["serviceAccount"])["id"])
    to_shelf: JSONObject = {"toGroupId": at["shelf"], "onId": at["box"], "role": "viewer", "below": True}
    granted = await world.api.change("grantAccess", to_shelf, "grant { id }")
    at["grant"] = str(cast("Mapping[str, JSON]", granted["grant"])["id"])
    at["support"] = await world.support(at["shelf"])
    at["version"] = f"{at['changed']} 0000000001"
    at["label"] = new_id(KNOWLEDGE_PREFIX)
    link: knowledge.LabelLink = {"thingId": at["video"], "label": "topic:x", "knowledgeId": at["label"]}
    await world.store.write(lambda transaction: knowledge.add_labels(transaction, [link], 1))
    await fix_dimension(world.store, 3)
    at["document"] = await document(world, at["product"], [1, 0, 0])
    at["vector"] = await vector(world, at["product"], [0, 1, 0])
    chunks = await world.api.ask("{ knowledge(first: 1, type: chunk) { nodes { id } } }")
    at["chunk"] = str(chunks.at("knowledge.nodes.0.id"))
    answer = await world.api.ask(
        """query ($id: ID!) { events(last: 1, filter: {type: group_created}) { nodes { id } }
        node(id: $id) { ... on Group { connections(first: 1, filter: {types: ["member_of"]}) { nodes { id } } } } }""",
        id=world.home,
    )
    credential = CredentialRow(
        personId=world.owner.id, passwordHash="$argon2id$…", changedAt=to_micros(world.owner.created_at)
    )
    await world.store.write(lambda transaction: set_password(transaction, credential))
    signed_in = await world.store.write(lambda transaction: begin(transaction, Caller(None), world.owner.id, now()))
    await PasswordReset(world.store, now, RateLimits(None), ()).request(Caller(None), world.owner.email)
    at |= await _elsewhere(world)
    at |= {"session": signed_in.session.id, "token": f"reset_password {world.owner.id}"}
    [at["mail"]] = await world.store.read(MAIL_IDS, {})
    at |= await _trade(world)
    trusted = CheckedDocument("trusted", "{ viewer { scope } }", "")
    await push(world.store, Caller(None), now, [trusted])
    at["trusted"] = trusted.id
    at["key"] = (await Keys(world.store).create(Caller(None), world.owner.email, KeyScope.READ)).key.id
    at["event"] = str(answer.at("events.nodes.0.id"))
    at |= await _webhook(world, at["event"])
    at["member"] = str(answer.at("node.connections.nodes.0.id"))
    return at


async def _trade(world: World) -> Names:
    """An order that was placed and paid."""
    goods = await world.thing(
        "Goods", type_="product", status="published",
        properties={"category": "course", "price": {"amount": 5, "currency": "USD"}, "stock": 9},
    )  # fmt: skip
    line: JSON = {"productId": goods, "quantity": 2}
    await world.api.change("setCartLine", {"productId": goods, "quantity": 1})
    placed = await world.api.change("placeOrder", {"lines": [line], "idempotencyKey": "one"}, "order { id }")
    bought = str(cast("Mapping[str, JSON]", placed["order"])["id"])
    money: JSON = {"amount": "0.10", "currency": "USD"}
    given: JSONObject = {"orderId": bought, "amount": money, "method": "cash", "idempotencyKey": "one"}
    paid = await world.api.change("recordPayment", given, "payment { id }")
    return {"cart": world.owner.id, "bought": bought, "paid": str(cast("Mapping[str, JSON]", paid["payment"])["id"])}


async def _webhook(world: World, event: str) -> Names:
    """A webhook, and an event on its way to it."""
    given: JSONObject = {"groupId": world.home, "name": "Books", "url": "https://books.example/hook"}
    made = await world.api.change("createWebhook", given, "webhook { id }")
    hook, delivery = str(cast("Mapping[str, JSON]", made["webhook"])["id"]), new_id(WEBHOOK_DELIVERY_PREFIX)
    row: webhook_fan_out.NewDelivery = {
        "key": f"{hook} {event}",
        "id": delivery,
        "webhookId": hook,
        "eventId": event,
        "lane": f"{hook} {event}",
        "position": 1,
        "createdAt": 1,
    }
    await world.store.write(lambda transaction: webhook_fan_out.add(transaction, [row], 1))
    # Making a webhook gives places to what happened before. The breaks of the log begin with events that wait for one.
    await run(
        world, "MATCH (n:Event) WHERE n.position > 0 SET n:Unsequenced, n.recordedAt = n.at REMOVE n.position", {}
    )
    await run(
        world, "MATCH (n:Setting {name: 'event_log'}), (e:WebhookEndpoint) SET n.position = 0, e.position = 0", {}
    )
    return {"hook": hook, "delivery": delivery}


async def _elsewhere(world: World) -> Names:
    """An account elsewhere and a passkey that the owner signs in with, and what has begun of either."""
    made, elsewhere = to_micros(now()), new_id(IDENTITY_PREFIX)
    identity = IdentityRow(
        id=elsewhere,
        key="acme 7",
        personId=world.owner.id,
        provider="acme",
        subject="7",
        createdAt=made,
        lastUsedAt=made,
    )
    await world.store.write(lambda transaction: identities.create(transaction, identity))
    attempt = SignInAttemptRow(
        stateHash="a hash",
        browserHash="another",
        provider="acme",
        personId=world.owner.id,
        createdAt=made,
        expiresAt=made + 1,
    )
    await world.store.write(lambda transaction: sign_in_attempts.create(transaction, attempt))
    await world.store.write(lambda transaction: _second_factor(transaction, world.owner.id))
    challenge = SignInChallengeRow(
        hash="a third", kind="passkey_registration", personId=world.owner.id, createdAt=made, expiresAt=made + 1
    )
    await world.store.write(lambda transaction: sign_in_challenges.create(transaction, challenge))
    passkey = PasskeyRow(
        id=new_id(PASSKEY_PREFIX),
        credentialId="AQID",
        personId=world.owner.id,
        publicKey=b64(public_key(ec.generate_private_key(ec.SECP256R1()))),
        signCount=1,
        name="Laptop",
        transports=["internal"],
        createdAt=made,
        lastUsedAt=None,
    )
    await world.store.write(lambda transaction: passkeys.create(transaction, passkey))
    return {"identity": elsewhere, "attempt": "a hash", "challenge": "a third", "passkey": passkey["id"]}


async def _second_factor(transaction: Transaction, person_id: str) -> None:
    """The owner's, with one recovery code left."""
    sealed = BOX.seal(b"a secret of twenty b", Purpose.TOTP, person_id)
    row = second_factors.SecondFactorRow(
        personId=person_id,
        secret=sealed.text,
        keyId=sealed.key_id,
        createdAt=to_micros(now()),
        enabledAt=to_micros(now()),
        lastStep=1,
        recoveryHashes=["0" * 64],
        failures=1,
        failedAt=to_micros(now()),
    )
    await second_factors.begin(transaction, row)


@dataclass(frozen=True)
class Town:
    """A world with one of everything, as it was built."""

    world: World
    names: Names
    built: Snapshot
