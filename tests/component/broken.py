"""For each rule of the check the ways to break it behind the server's back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_THING = "MATCH (n:Entity {id: $alone}) "
_PLACE = "MATCH (n:Entity {id: $alone})-[e:IN_GROUP]->() "
_GROUP = "MATCH (n:Entity {id: $shelf}) "
_PERSON = "MATCH (n:Entity {id: $stray}) "
_ACCOUNT = "MATCH (n:Entity {id: $account}) "
_LABEL = "MATCH (n:Knowledge {id: $label}) "
_CHUNK = "MATCH (n:Knowledge {id: $chunk}) "
_EDGE = "MATCH (s)-[n:REFERENCES {id: $edge}]->(t) "
_SUPPORT = "MATCH ()-[n:SUPPORTS {id: $support}]->() "
_GRANT = "MATCH ()-[n:GRANTED {id: $grant}]->(t) "
_SESSION = "MATCH (n:Session {id: $session}) "
_CREDENTIAL = "MATCH (n:Credential {personId: $person}) "
_IDENTITY = "MATCH (n:Identity {id: $identity}) "
_CART = "MATCH (n:ShoppingCart {key: $cart}) "
_ATTEMPT = "MATCH (n:SignInAttempt {stateHash: $attempt}) "
_PASSKEY = "MATCH (n:Passkey {id: $passkey}) "
_CHALLENGE = "MATCH (n:SignInChallenge {hash: $challenge}) "
_TRUSTED = "MATCH (n:TrustedDocument {id: $trusted}) "
_FACTOR = "MATCH (n:SecondFactor {personId: $person}) "
_MAIL = "MATCH (n:Mail {id: $mail}) "
_ENDPOINT = "MATCH (n:WebhookEndpoint {webhookId: $hook}) "
_DELIVERY = "MATCH (n:WebhookDelivery {id: $delivery}) "
_TOKEN = "MATCH (n:OneTimeToken {key: $token}) "
_EVENT = "MATCH (n:Event {id: $event}) "
_VERSION = "MATCH (n:ThingVersion {key: $version}) "
_TYPE = "MATCH (n:ThingType {name: 'guide'}) "
_BOND = "MATCH (n:ConnectionType {name: 'bound_to'}) "
_AN_ID = "0" * 32


@dataclass(frozen=True)
class Break:
    """A statement that breaks a rule; `$name` in it is the id of what is called so in the town.

    `ids` are what the check names, `mended` says whether a machine mends it, `others` are rules that break with it.
    """

    text: str
    ids: Sequence[str] = ("alone",)
    mended: bool = True
    others: frozenset[str] = frozenset()
    schema: str = ""
    """A change of the store's schema before it."""


def of_node(noun: str, match: str, name: str) -> Mapping[str, Sequence[Break]]:
    """Ways to break the rules that groups, people and things share."""
    ids = (name,)
    return {
        f"{noun}_lock": [Break(f"{match} SET n._lock = true", ids)],
        f"{noun}_sort_key": [Break(f"{match} SET n.sortKey = 'x'", ids)],
        f"{noun}_times": [Break(f"{match} SET n.updatedAt = n.createdAt - 1", ids)],
        f"{noun}_version": [Break(f"{match} SET n.version = 0", ids)],
    }


BREAKS: Mapping[str, Sequence[Break]] = {
    "store_schema": [Break("RETURN 1", (), schema="DROP INDEX Thing_sortKey_index")],
    "store_vectors": [Break("RETURN 1", (), schema="DROP INDEX Knowledge_embedding_vector")],
    "store_unique": [
        Break(
            "MATCH (n:Entity {id: $shelf}) SET n.slug = 'home'",
            ("home", "shelf"),
            mended=False,
            others=frozenset({"store_schema", "group_words"}),
            schema="DROP CONSTRAINT Group_slug_unique",
        )
    ],
    "store_found": [
        Break("CREATE (:Stray)", (), mended=False),
        Break("CREATE (:Event)", (), mended=False),
        Break(_THING + "REMOVE n:Entity"),
        Break(_THING + "REMOVE n:Thing"),
        Break(_EDGE + "REMOVE n.id", ("video", "product"), mended=False),
        Break(
            "MATCH (a:Entity {id: $video}), (b:Entity {id: $product}) CREATE (a)-[:ADMIRES {id: 'x'}]->(b)",
            ("video", "product"),
            mended=False,
        ),
        Break(
            "MATCH (a:Entity {id: $person}), (b:Entity {id: $shelf}) CREATE (a)-[:IN_GROUP {thingId: 'x'}]->(b)",
            ("person", "shelf"),
            mended=False,
        ),
    ],
    "type_form": [
        Break(_TYPE + "REMOVE n.description", (), mended=False),
        Break(_TYPE + "SET n.schema = '{'", (), mended=False),
        Break(_TYPE + """SET n.schema = '{"type": "array"}'""", (), mended=False),
        Break(_TYPE + "SET n.filterable = ['absent']", (), mended=False),
        Break(_TYPE + "SET n.filtersReady = 9", (), mended=False),
        Break(_BOND + "SET n.cardinality = 'some'", (), mended=False),
        Break(_BOND + "SET n.schema = '[]'", (), mended=False),
    ],
    "type_name": [
        Break(_TYPE + "SET n.name = 'Guide'", (), mended=False),
        Break(_TYPE + "SET n.name = 'video', n.nodeLabel = 'Video'", (), mended=False),
        Break(_BOND + "SET n.name = 'owns'", (), mended=False),
    ],
    "type_label": [Break(_TYPE + "SET n.nodeLabel = 'Other'", ()), Break(_TYPE + "REMOVE n.nodeLabel", ())],
    "type_ends": [Break(_BOND + "SET n.sourceTypes = ['lost']", (), mended=False)],
    **of_node("thing", _THING, "alone"),
    "thing_form": [
        Break(_THING + "REMOVE n.name", mended=False),
        Break(_THING + "SET n.createdAt = 'one'", mended=False),
        Break(_THING + "SET n.createdAt = -1", mended=False),
    ],
    "thing_type": [Break(_THING + "SET n.type = 'nonsense'", mended=False)],
    "thing_id": [Break(_THING + "SET n.type = 'creator'", mended=False)],
    "thing_labels": [Break(_THING + "SET n:Product"), Break(_THING + "REMOVE n:Video"), Break(_THING + "SET n:Stray")],
    "thing_group": [
        Break(_PLACE + "DELETE e", ("alone", "home")),
        Break(_THING + "MATCH (g:Entity {id: $shelf}) CREATE (n)-[:IN_GROUP]->(g)", ("alone", "home")),
        Break(_PLACE + "DELETE e SET n.groupId = $gone", mended=False),
    ],
    "thing_group_id": [Break(_THING + "SET n.groupId = $shelf", ("alone", "home"))],
    "thing_group_key": [Break(_PLACE + "SET e.thingId = 'x'"), Break(_PLACE + "REMOVE e.thingId")],
    "thing_vocabulary": [Break(_THING + "SET n.status = 'lost'", mended=False)],
    "thing_archived_at": [
        Break(_THING + "SET n.archivedAt = n.createdAt"),
        Break(_THING + "SET n.status = 'archived'"),
    ],
    "thing_in_archived_group": [
        Break("MATCH (g:Entity {id: $box}) SET g.status = 'archived', g.archivedAt = g.updatedAt", ("boxed",))
    ],
    "thing_text": [
        Break(_THING + "SET n.name = ' x '", others=frozenset({"thing_columns"})),
        Break(_THING + "SET n.name = 'a' + '\\u202e' + 'b'", mended=False, others=frozenset({"thing_columns"})),
        Break(_THING + "SET n.name = ''", mended=False, others=frozenset({"thing_columns"})),
    ],
    "thing_properties": [
        Break(_THING + "SET n.properties = '{'", mended=False),
        Break(_THING + "SET n.properties = '[]'", mended=False),
        Break("MATCH (n:Entity {id: $product}) SET n.properties = '{}'", ("product",), mended=False),
    ],
    "thing_columns": [
        Break("MATCH (n:Entity {id: $order}) SET n.netScaled = 1, n.lineCount = 9", ("order",)),
        Break("MATCH (n:Entity {id: $order}) REMOVE n.currency", ("order",)),
        Break(_THING + "SET n.currency = 'USD'"),
        Break(_THING + "SET n.nameWords = 'x'"),
        Break(_THING + "REMOVE n.textWords"),
        Break("MATCH (n:Entity {id: $product}) SET n.filter1 = 'x', n.filter3 = null", ("product",)),
    ],
    "thing_private": [
        Break("MATCH (n:Entity {id: $key}) REMOVE n.privateTo", ("key", "person")),
        Break("MATCH (n:Entity {id: $key}) SET n.privateTo = $stray", ("key", "person")),
        Break(_THING + "SET n.privateTo = $person", mended=False),
        Break("MATCH (n:Entity {id: $key}) REMOVE n.secretHash", ("key",), mended=False),
        Break("MATCH (n:Entity {id: $key})<-[e:OWNS]-() DELETE e", ("key",), mended=False),
    ],
    "thing_label_links": [
        Break(
            "MATCH (n:Entity {id: $video})-[:HAS_KNOWLEDGE]->(k) CREATE (n)-[:HAS_KNOWLEDGE {role: 'label'}]->(k)",
            ("video", "label"),
        ),
    ],
    "group_words": [
        Break(_GROUP + "SET n.nameWords = 'x'", ("shelf",)),
        Break(_GROUP + "REMOVE n.textWords", ("shelf",)),
    ],
    "person_words": [
        Break(_PERSON + "SET n.nameWords = 'x'", ("stray",)),
        Break(_PERSON + "REMOVE n.textWords", ("stray",)),
    ],
    "thing_label_columns": [
        Break("MATCH (n:Entity {id: $video}) REMOVE n.labelWords", ("video",)),
        Break("MATCH (n:Entity {id: $video}) SET n.labels = ['x:y']", ("video",)),
        Break("MATCH (n:Entity {id: $video})-[e:HAS_KNOWLEDGE]->() REMOVE e.label", ("video",)),
        Break("MATCH (n:Entity {id: $video})-[e:HAS_KNOWLEDGE]->() SET e.sortKey = 'x'", ("video",)),
        Break(
            "MATCH (n:Entity {id: $video})-[e:HAS_KNOWLEDGE]->() DELETE e",
            ("video",),
            others=frozenset({"knowledge_described"}),
        ),
    ],
    "thing_mentions": [
        Break("MATCH (n:Entity {id: $order})-[e:MENTIONS]->() DELETE e", ("order", "product")),
        Break(_THING + "MATCH (m:Entity {id: $video}) CREATE (n)-[:MENTIONS]->(m)", ("alone", "video")),
    ],
    "thing_event": [
        Break(_THING + "SET n.eventId = 'x'"),
        Break(_THING + "SET n.eventId = $event"),
    ],
    "thing_prior": [
        Break(_THING + "SET n.priorStatus = 'draft', n.priorAt = 1"),
        Break(_THING + "SET n.priorEventId = $event"),
    ],
    "order_number": [
        Break("MATCH (n:OrderCounter {groupId: $home}) DELETE n", ("bought",), mended=False),
    ],
    "order_payments": [
        Break(
            "MATCH (n:Entity {id: $paid}) SET n.properties = replace(n.properties, '\"confirmed\"', '\"failed\"')",
            ("bought",),
            mended=False,
            others=frozenset({"thing_columns"}),
        ),
        Break(
            "MATCH (n:Entity {id: $bought}) SET n.properties = replace(n.properties, '\"paid\"', '\"refunded\"')",
            ("bought",),
            mended=False,
            others=frozenset({"thing_columns", "order_events"}),
        ),
    ],
    "order_receipts": [
        Break(
            "MATCH (n:Entity {id: $bought}) SET n.properties = replace(n.properties, '\"paid\"', '\"completed\"')",
            ("bought",),
            mended=False,
            others=frozenset({"thing_columns", "order_events"}),
        ),
    ],
    "order_events": [
        Break(
            "MATCH (n:Event) WHERE n.targetId = $bought AND n.type = 'order_paid' SET n.type = 'thing_updated'",
            ("bought",),
            mended=False,
        ),
    ],
    "order_counter_form": [Break("MATCH (n:OrderCounter) REMOVE n.last", ("home",), mended=False)],
    "order_counter_lock": [Break("MATCH (n:OrderCounter) SET n._lock = true", ("home",))],
    "order_counter": [
        Break("MATCH (n:OrderCounter) SET n.last = 2", ("home",), mended=False),
        Break("MATCH (n:OrderCounter) SET n.last = 0", ("home",), others=frozenset({"order_number"})),
    ],
    "version_form": [Break(_VERSION + "REMOVE n.at", ("version",), mended=False)],
    "version_lock": [Break(_VERSION + "SET n._lock = true", ("version",))],
    "version_key": [Break(_VERSION + "SET n.version = 0", ("version", "changed"), mended=False)],
    "version_thing": [
        Break(
            _VERSION + "CREATE (m:ThingVersion) SET m = n {.*, thingId: $noThing, key: $noThing + ' 0000000001'}",
            ("noVersion", "noThing"),
        ),
        Break("MATCH (n:Entity {id: $changed}) SET n.version = 1", ("version", "changed"), mended=False),
    ],
    **of_node("group", _GROUP, "shelf"),
    "group_form": [Break(_GROUP + "REMOVE n.slug", ("shelf",), mended=False)],
    "group_id": [
        Break(
            _GROUP + "SET n.id = $noGroup",
            ("noGroup",),
            mended=False,
            others=frozenset({"group_sort_key", "connection_columns"}),
        )
    ],
    "group_labels": [Break(_GROUP + "SET n:Video", ("shelf",))],
    "group_parent": [
        Break("MATCH (n:Entity {id: $box}) SET n.parentId = $shelf", ("box", "attic")),
        Break("MATCH (n:Entity {id: $box}) SET n.parentId = null", ("box", "attic")),
        Break("MATCH (n:Entity {id: $box})<-[e:PARENT_OF]-() DELETE e", ("box", "attic")),
        Break("MATCH (n:Entity {id: $box})<-[e:PARENT_OF]-() SET e.childId = 'x'", ("box",)),
        Break("MATCH (n:Entity {id: $box}), (m:Entity {id: $shelf}) CREATE (m)-[:PARENT_OF]->(n)", ("box", "attic")),
        Break(_GROUP + "SET n.parentId = $gone", ("shelf",), mended=False),
        Break("MATCH (n:Entity {id: $attic}) SET n.parentId = $box", ("attic",), mended=False),
    ],
    "group_tree": [
        Break(
            "MATCH (n:Entity {id: $attic}), (m:Entity {id: $box}) SET n.parentId = m.id"
            " CREATE (m)-[:PARENT_OF {childId: n.id}]->(n)",
            ("attic", "box"),
        ),
        Break(_GROUP + "SET n.parentId = n.id CREATE (n)-[:PARENT_OF {childId: n.id}]->(n)", ("shelf",)),
    ],
    "group_vocabulary": [
        Break(_GROUP + "SET n.status = 'lost'", ("shelf",), mended=False),
        Break(_GROUP + "SET n.plan = 'gold'", ("shelf",), mended=False),
    ],
    "group_archived_at": [Break(_GROUP + "SET n.archivedAt = n.createdAt", ("shelf",))],
    "group_in_archived_group": [
        Break("MATCH (n:Entity {id: $attic}) SET n.status = 'archived', n.archivedAt = n.updatedAt", ("box",))
    ],
    "group_owner": [
        Break(
            "MATCH (n:Entity {id: $home})<-[e:MEMBER_OF]-() SET e.validTo = e.validFrom REMOVE e.liveKey",
            ("home",),
            mended=False,
            others=frozenset({"person_service_group"}),
        )
    ],
    "group_text": [
        Break(_GROUP + "SET n.slug = 'SHELF'", ("shelf",)),
        Break(_GROUP + "SET n.slug = 'a shelf'", ("shelf",), mended=False, others=frozenset({"group_words"})),
    ],
    "group_json": [Break(_GROUP + "SET n.metadata = '7'", ("shelf",), mended=False)],
    "group_limits": [Break(_GROUP + "SET n.limitMembers = -1", ("shelf",))],
    **of_node("person", _PERSON, "stray"),
    "person_form": [Break(_PERSON + "REMOVE n.email", ("stray",), mended=False)],
    "person_id": [
        Break(_PERSON + "SET n.id = $noPerson", ("noPerson",), mended=False, others=frozenset({"person_sort_key"}))
    ],
    "person_labels": [Break(_PERSON + "SET n:Video", ("stray",))],
    "person_role": [Break(_PERSON + "SET n.role = 'king'", ("stray",))],
    "person_vocabulary": [Break(_PERSON + "SET n.status = 'asleep'", ("stray",), mended=False)],
    "person_username_key": [Break(_PERSON + "SET n.usernameKey = 'x'", ("stray",))],
    "person_text": [
        Break(_PERSON + "SET n.email = toUpper(n.email)", ("stray",)),
        Break(_PERSON + "SET n.email = 'nowhere'", ("stray",), mended=False),
    ],
    "person_json": [Break(_PERSON + "SET n.settings = 'null'", ("stray",), mended=False)],
    "person_service": [
        Break(_PERSON + "SET n.managedBy = $shelf", ("stray",), mended=False),
        Break(_ACCOUNT + "SET n.role = 'customer'", ("account",), mended=False),
    ],
    "person_service_group": [Break(_ACCOUNT + "SET n.managedBy = $shelf", ("account", "shelf"), mended=False)],
    "person_service_ways": [
        Break(
            _ACCOUNT + "CREATE (:Credential {personId: n.id, passwordHash: '$' + 'argon2id' + '$', changedAt: 1})",
            ("account",),
        )
    ],
    "person_service_owner": [
        Break(
            _ACCOUNT + "MATCH (n)-[e:MEMBER_OF]->() SET e.role = 'owner', e.properties = "
            """'{"role":"owner","status":"active"}'""",
            ("account", "home"),
            mended=False,
        )
    ],
    "person_wallets": [Break(_PERSON + "SET n.wallets = ['0x1']", ("stray",))],
    "knowledge_form": [Break(_LABEL + "REMOVE n.createdAt", ("label",), mended=False)],
    "knowledge_lock": [Break(_LABEL + "SET n._lock = true", ("label",))],
    "knowledge_id": [Break(_LABEL + "SET n.id = $noLabel", ("noLabel",), mended=False)],
    "knowledge_vocabulary": [
        Break(_LABEL + "SET n.type = 'x'", ("label",), mended=False, others=frozenset({"thing_label_links"}))
    ],
    "knowledge_label": [
        Break(_LABEL + "SET n.text = 'x'", ("label",)),
        Break(_LABEL + "REMOVE n.label", ("label",), mended=False, others=frozenset({"thing_label_columns"})),
    ],
    "knowledge_described": [
        Break("CREATE (:Knowledge {id: $orphan, type: 'label', label: 'a:b', text: 'a:b', createdAt: 1})", ("orphan",)),
    ],
    "knowledge_thing": [
        Break(
            _CHUNK + "MATCH (m:Entity {id: $alone}) CREATE (m)-[:HAS_KNOWLEDGE {role: 'chunk_of'}]->(n)",
            ("chunk",),
            mended=False,
        ),
        Break(
            "MATCH (n:Knowledge {id: $chunk})<-[e:HAS_KNOWLEDGE]-() SET e.role = 'summary'", ("chunk",), mended=False
        ),
    ],
    "knowledge_document": [
        Break(_CHUNK + "SET n.documentId = $gone", ("chunk",), others=frozenset({"knowledge_chunks"})),
        Break(_CHUNK + "REMOVE n.documentId", ("chunk",), others=frozenset({"knowledge_chunks"})),
        Break("MATCH (n:Knowledge {id: $document}) DETACH DELETE n", ("chunk",)),
        Break(
            "MATCH (n:Knowledge {id: $document})<-[e:HAS_KNOWLEDGE]-() DELETE e",
            ("chunk",),
            others=frozenset({"knowledge_described"}),
        ),
    ],
    "knowledge_chunks": [
        Break("MATCH (n:Knowledge {id: $document}) SET n.chunkCount = 7", ("document",)),
        Break(_CHUNK + "DETACH DELETE n", ("document",)),
    ],
    "knowledge_embedding": [
        Break(_CHUNK + "REMOVE n.embedding", ("chunk",)),
        Break(_CHUNK + "SET n.embedding = [1.0, 0.0]", ("chunk",)),
        Break(_CHUNK + "SET n.embedding = [0.0, 0.0, 0.0]", ("chunk",)),
        Break(_CHUNK + "SET n.embedding = [1.0, 0.0, 0.0 / 0.0]", ("chunk",)),
        Break(_CHUNK + "SET n.embedding = 'one'", ("chunk",)),
        Break(_CHUNK + "SET n.embeddingState = 'pending'", ("chunk",)),
        Break(_CHUNK + "SET n.embeddingState = 'pending', n.embedding = null", ("chunk",)),
        Break(_CHUNK + "SET n.embeddingState = 'lost'", ("chunk",)),
        Break("MATCH (n:Knowledge {id: $document}) SET n.embeddingState = 'done'", ("document",)),
        Break("MATCH (n:Knowledge {id: $vector}) REMOVE n.embedding", ("vector",), mended=False),
    ],
    "connection_form": [Break(_EDGE + "REMOVE n.validFrom", ("edge",), mended=False)],
    "connection_lock": [Break(_EDGE + "SET n._lock = true", ("edge",))],
    "connection_id": [Break(_EDGE + "SET n.id = $owns", ("owns",), mended=False)],
    "connection_ends": [
        Break(
            _EDGE + "MATCH (v:Event {id: $event}) WITH s, v, n, properties(n) AS p DELETE n"
            " CREATE (s)-[m:REFERENCES]->(v) SET m = p",
            ("edge",),
            mended=False,
        )
    ],
    "connection_kinds": [
        Break(
            _EDGE + "MATCH (v:Entity {id: $shelf}) CREATE (v)-[m:REFERENCES]->(t)"
            " SET m = n {.*, id: $other, liveKey: v.id + ' ' + t.id}",
            ("other", "shelf"),
        ),
        Break(
            _EDGE + "CREATE (s)-[m:REFERENCES]->(s) SET m = n {.*, id: $other, liveKey: s.id + ' ' + s.id}",
            ("other", "video"),
        ),
    ],
    "connection_grants": [
        Break(
            "MATCH ()-[n:GRANTED {id: $grant}]->(), (s:Entity {id: $shelf}), (t:Entity {id: $video})"
            " CREATE (s)-[m:GRANTED]->(t) SET m = n {.*, id: $otherGrant, liveKey: s.id + ' ' + t.id}",
            ("otherGrant",),
        ),
        Break(
            _GRANT + "MATCH (s:Entity {id: $account})"
            " CREATE (s)-[m:GRANTED]->(t) SET m = n {.*, id: $otherGrant, liveKey: s.id + ' ' + t.id}",
            ("otherGrant", "account"),
        ),
    ],
    "connection_support": [
        Break(
            _SUPPORT + "SET n.validFrom = n.validFrom - 28800000001",
            ("support",),
        ),
    ],
    "connection_single": [
        Break(
            _EDGE + "CREATE (s)-[m:REFERENCES]->(t) SET m = n {.*, id: $other, liveKey: null}",
            ("other", "edge"),
        )
    ],
    "connection_columns": [
        Break(_EDGE + "REMOVE n.liveKey", ("edge",)),
        Break(_EDGE + "SET n.liveKey = 'x'", ("edge",)),
        Break("MATCH ()-[n:MEMBER_OF {id: $member}]->() SET n.role = 'viewer'", ("member",)),
        Break("MATCH ()-[n:MEMBER_OF {id: $member}]->() REMOVE n.status", ("member",)),
        Break(_SUPPORT + "SET n.expiresAt = 1", ("support",)),
        Break(_GRANT + "SET n.role = 'admin', n.below = false, n.expiresAt = 1", ("grant",)),
    ],
    "connection_properties": [
        Break(_EDGE + "SET n.properties = '{\"a\": 1}'", ("edge",), mended=False),
        Break(_EDGE + "SET n.properties = ''", ("edge",), mended=False),
    ],
    "connection_json": [Break(_EDGE + "SET n.metadata = '[]'", ("edge",), mended=False)],
    "connection_strength": [Break(_EDGE + "SET n.strength = 1.5", ("edge",))],
    "connection_times": [Break(_EDGE + "SET n.validTo = n.validFrom - 1 REMOVE n.liveKey", ("edge",))],
    "connection_creator": [Break(_EDGE + "SET n.createdBy = $video", ("edge",))],
    "credential_form": [Break(_CREDENTIAL + "REMOVE n.changedAt", ("person",), mended=False)],
    "credential_lock": [Break(_CREDENTIAL + "SET n._lock = true", ("person",))],
    "credential_person": [Break(_CREDENTIAL + "SET n.personId = $noPerson", ("noPerson",))],
    "credential_hash": [Break(_CREDENTIAL + "SET n.passwordHash = 'secret'", ("person",), mended=False)],
    "identity_form": [Break(_IDENTITY + "REMOVE n.subject", ("identity",), mended=False)],
    "identity_lock": [Break(_IDENTITY + "SET n._lock = true", ("identity",))],
    "identity_person": [Break(_IDENTITY + "SET n.personId = $noPerson", ("identity", "noPerson"))],
    "identity_wallet": [
        Break(
            _IDENTITY + "SET n.provider = 'ethereum', n.subject = '0xAB', n.key = 'ethereum 0xAB'",
            ("identity",),
            mended=False,
        )
    ],
    "identity_key": [Break(_IDENTITY + "SET n.subject = 'x'", ("identity",), mended=False)],
    "trusted_document_form": [Break(_TRUSTED + "REMOVE n.text", ("trusted",), mended=False)],
    "passkey_form": [Break(_PASSKEY + "REMOVE n.signCount", ("passkey",), mended=False)],
    "passkey_lock": [Break(_PASSKEY + "SET n._lock = true", ("passkey",))],
    "passkey_person": [Break(_PASSKEY + "SET n.personId = $noPerson", ("passkey", "noPerson"))],
    "passkey_key": [Break(_PASSKEY + "SET n.publicKey = 'x'", ("passkey",), mended=False)],
    "second_factor_form": [
        Break(_FACTOR + "REMOVE n.failures", ("person",), mended=False),
        Break(_FACTOR + "SET n.failedAt = -1", ("person",), mended=False),
    ],
    "second_factor_lock": [Break(_FACTOR + "SET n._lock = true", ("person",))],
    "second_factor_person": [Break(_FACTOR + "SET n.personId = $noPerson", ("noPerson",))],
    "second_factor_secret": [
        Break(_FACTOR + "SET n.secret = 'JBSWY3DPEHPK3PXP'", ("person",), mended=False),
        Break(_FACTOR + "SET n.keyId = '0123456789ab'", ("person",), mended=False),
        Break(_FACTOR + "REMOVE n.secret", ("person",), mended=False),
    ],
    "second_factor_proof": [
        Break(
            _FACTOR + "REMOVE n.secret, n.keyId WITH n MATCH (p:Passkey {id: $passkey}) DELETE p",
            ("person",),
            mended=False,
        ),
        Break(_FACTOR + "SET n.recoveryHashes = [] REMOVE n.secret, n.keyId, n.enabledAt", ("person",), mended=False),
    ],
    "second_factor_recovery_codes": [
        Break(_FACTOR + "SET n.recoveryHashes = ['abcd-efgh']", ("person",), mended=False),
        Break(_FACTOR + "SET n.enabledAt = null", ("person",), mended=False),
    ],
    "cart_form": [
        Break(_CART + "REMOVE n.updatedAt", ("cart",), mended=False),
        Break(_CART + "SET n.lines = 1", ("cart",), mended=False, others=frozenset({"cart_lines"})),
    ],
    "cart_lock": [Break(_CART + "SET n._lock = true", ("cart",))],
    "cart_person": [
        Break(_CART + "SET n.personId = $noPerson, n.key = $noPerson", ("noPerson",)),
        Break(_CART + "REMOVE n.personId", ("cart",)),
    ],
    "cart_lines": [
        Break(_CART + "SET n.lines = '{'", ("cart",)),
        Break(_CART + "SET n.lines = '[{}]'", ("cart",)),
    ],
    "sign_in_attempt_form": [Break(_ATTEMPT + "REMOVE n.browserHash", ("attempt",), mended=False)],
    "sign_in_attempt_lock": [Break(_ATTEMPT + "SET n._lock = true", ("attempt",))],
    "sign_in_attempt_person": [Break(_ATTEMPT + "SET n.personId = $noPerson", ("attempt", "noPerson"))],
    "sign_in_challenge_form": [Break(_CHALLENGE + "REMOVE n.kind", ("challenge",), mended=False)],
    "sign_in_challenge_lock": [Break(_CHALLENGE + "SET n._lock = true", ("challenge",))],
    "sign_in_challenge_person": [Break(_CHALLENGE + "SET n.personId = $noPerson", ("challenge", "noPerson"))],
    "session_form": [Break(_SESSION + "REMOVE n.familyHash", ("session",), mended=False)],
    "session_lock": [Break(_SESSION + "SET n._lock = true", ("session",))],
    "session_person": [Break(_SESSION + "SET n.personId = $noPerson", ("session", "noPerson"))],
    "one_time_token_form": [Break(_TOKEN + "REMOVE n.linkHash", ("token",), mended=False)],
    "one_time_token_lock": [Break(_TOKEN + "SET n._lock = true", ("token",))],
    "one_time_token_person": [
        Break(_TOKEN + "SET n.personId = $noPerson", ("token", "noPerson")),
        Break(_TOKEN + "SET n.kind = 'x'", ("token", "person")),
    ],
    "mail_form": [Break(_MAIL + "REMOVE n.dueAt", ("mail",), mended=False)],
    "mail_lock": [Break(_MAIL + "SET n._lock = true", ("mail",))],
    "mail_vocabulary": [Break(_MAIL + "SET n.status = 'x'", ("mail",), mended=False)],
    "mail_json": [Break(_MAIL + "SET n.values = '7'", ("mail",), mended=False)],
    "mail_person": [Break(_MAIL + "SET n.personId = $noPerson", ("mail", "noPerson"))],
    "mail_values": [Break(_MAIL + "SET n.status = 'sent'", ("mail",))],
    "webhook_endpoint_form": [Break(_ENDPOINT + "REMOVE n.claim", ("hook",), mended=False)],
    "webhook_endpoint_lock": [Break(_ENDPOINT + "SET n._lock = true", ("hook",))],
    "webhook_endpoint_vocabulary": [Break(_ENDPOINT + "SET n.state = 'x'", ("hook",), mended=False)],
    "webhook_endpoint_webhook": [
        Break(_ENDPOINT + "SET n.url = 'https://elsewhere.example'", ("hook",)),
        Break(_ENDPOINT + "SET n.webhookId = $noThing", ("noThing",)),
    ],
    "webhook_endpoint_secret": [Break(_ENDPOINT + "SET n.secret = 'whsec_x'", ("hook",), mended=False)],
    "webhook_delivery_form": [Break(_DELIVERY + "REMOVE n.tried", ("delivery",), mended=False)],
    "webhook_delivery_lock": [Break(_DELIVERY + "SET n._lock = true", ("delivery",))],
    "webhook_delivery_vocabulary": [Break(_DELIVERY + "SET n.state = 'x'", ("delivery",), mended=False)],
    "webhook_delivery_due": [Break(_DELIVERY + "REMOVE n.dueAt", ("delivery",))],
    "mail_delivery": [
        Break(_MAIL + "SET n.delivery = 'lost'", ("mail",), mended=False),
        Break(_MAIL + "SET n.delivery = 'bounced', n.deliveryReason = 'x'", ("mail",), mended=False),
    ],
    "audit_chain": [
        Break("MATCH (n:Event {auditKey: '0000000000000002'}) DETACH DELETE n", (), mended=False),
        Break("MATCH (n:Setting {name: 'audit_chain'}) SET n.sequence = n.sequence + 1", (), mended=False),
    ],
    "event_form": [Break(_EVENT + "REMOVE n.at", ("event",), mended=False)],
    "event_lock": [Break(_EVENT + "SET n._lock = true", ("event",))],
    "event_id": [Break(_EVENT + "SET n.id = 'x'", ("x",), mended=False)],
    "event_type": [Break(_EVENT + "SET n.type = 'x'", ("event",), mended=False)],
    "event_actor": [
        Break(_EVENT + "REMOVE n.actor", ("event",)),
        Break(_EVENT + "SET n.actor = $video", ("event",), mended=False),
    ],
    "event_references": [
        Break(_EVENT + "SET n.groupId = $video", ("event",), mended=False),
        Break(_EVENT + "SET n.targetId = 'x'", ("event",), mended=False),
    ],
    "event_place": [
        Break(_EVENT + "REMOVE n:Unsequenced, n.recordedAt", ("event",)),
        Break(_EVENT + "REMOVE n.recordedAt", ("event",)),
        Break(_EVENT + "SET n.position = 1", ("event",)),
    ],
    "event_log": [Break(_EVENT + "SET n.position = 7 REMOVE n:Unsequenced, n.recordedAt", (), mended=False)],
    "event_json": [Break(_EVENT + "SET n.properties = '7'", ("event",), mended=False)],
}

INVENTED: Mapping[str, str] = {
    "gone": f"grp_{_AN_ID}",
    "noGroup": f"thg_{_AN_ID}",
    "noThing": f"thg_{_AN_ID}",
    "noVersion": f"thg_{_AN_ID} 0000000001",
    "noPerson": f"grp_{_AN_ID}",
    "noLabel": f"evt_{_AN_ID}",
    "orphan": f"kno_{_AN_ID}",
    "owns": f"con_owns_{_AN_ID}",
    "other": f"con_references_{_AN_ID}",
    "otherGrant": f"con_granted_{_AN_ID}",
    "x": "x",
}
"""Ids of nothing that there is."""
