"""Bad input: a typed refusal that names what to mend, nothing written, and nothing of ours shown."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Iterator
from typing import cast

import httpx2
import pytest
from graphql import GraphQLInputObjectType, GraphQLNonNull, GraphQLObjectType, get_named_type
from strawberry.utils.str_converters import to_camel_case

from app.logs import configure_logs
from domain.ids import KNOWLEDGE_PREFIX, new_id
from domain.values import JSON, JSONObject
from resolvers.schema import schema
from services.access import OPEN, OWN, PROVEN
from tests.client import Attached
from tests.refusals import refused
from tests.worlds import World

pytestmark = [pytest.mark.slow, pytest.mark.once]

JSON_TYPE = {"Content-Type": "application/json"}
TYPENAME = b'{"query": "{ __typename }"}'
INTERNALS = ("Traceback", "neo4j", "strawberry", "Strawberry", "graphql.", ".py", "site-packages", "_BODY", "Neo.")


async def post(world: World, content: bytes | AsyncIterator[bytes], headers: dict[str, str]) -> httpx2.Response:
    """Post bytes as they are, and see that nothing was written and nothing internal came back."""
    before = await world.count()
    given = {"Authorization": world.api.authorization, **headers}
    response = await world.api.http.post("/graphql", content=content, headers=given)
    assert response.status_code < 500, response.text
    assert "INTERNAL" not in response.text, response.text
    assert not [word for word in INTERNALS if word in response.text], response.text
    assert await world.count() == before
    return response


def code_of(response: httpx2.Response) -> JSON:
    """The code of the only error."""
    [error] = response.json()["errors"]
    assert error["message"]
    return cast("JSON", error["extensions"]["code"])


def deep(levels: int) -> bytes:
    return b'{"query": "{ __typename }", "variables": ' + b'{"a":' * levels + b"1" + b"}" * levels + b"}"


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"{'query': 1}", 400),
        (b"null", 400),
        (b"7", 400),
        (b'"{ __typename }"', 400),
        (b"[]", 400),
        (b"[" + TYPENAME + b"]", 400),
        (b"{}", 400),
        (b'{"query": null}', 400),
        (b'{"query": 7}', 400),
        (b'{"query": ["{ __typename }"]}', 400),
        (b'{"query": "{ __typename }", "variables": []}', 400),
        (b'{"query": "{ __typename }", "variables": "{}"}', 400),
        (b'{"query": "{ __typename }", "operationName": 7}', 400),
        (b'{"query": "{ __typename }", "extensions": 7}', 400),
        (b'{"query": "{ __typename }", "variables": {"a": NaN}}', 400),
        (b'{"query": "{ __typename }", "variables": {"a": Infinity}}', 400),
        (b'{"query": "\xff\xfe"}', 400),
        (b'{"query": "{ __typename }", "variables": {"a": "\xc3\x28"}}', 400),
        (b'{"query": "{ __typename }", "variables": {"a": "\\ud800"}}', 400),
        (b'\xef\xbb\xbf{"query": "{ __typename }"}', 400),
        (deep(10_000), 400),
        (b"[" * 10_000 + b"]" * 10_000, 400),
        (b'{"query": "' + b"a" * 1_000_000 + b'"}', 413),
        (b'{"query": "{ __typename }", "variables": {"a": "' + b"a" * 10_000_000 + b'"}}', 413),
    ],
    ids=lambda value: repr(value[:60]) if isinstance(value, bytes) else str(value),
)
async def test_a_body_that_is_no_request_is_refused(shared_world: World, content: bytes, status: int) -> None:
    response = await post(shared_world, content, JSON_TYPE)
    assert response.status_code == status
    assert code_of(response) == ("BODY_TOO_LARGE" if status == 413 else "BAD_REQUEST")
    assert response.headers["x-request-id"]


async def test_a_body_without_a_length_is_bounded_too(shared_world: World) -> None:
    sent = 0

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 10_000_000:
            sent += 65_536
            yield b" " * 65_536

    response = await post(shared_world, chunks(), JSON_TYPE)
    assert (response.status_code, code_of(response)) == (413, "BODY_TOO_LARGE")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"query": "{"}', "Syntax"),
        (b'{"query": ""}', ""),
        (b'{"query": "{ nothing }"}', "nothing"),
        (b'{"query": "{ __typename }", "operationName": "Other"}', "Other"),
        (b'{"query": "query A { __typename } query B { __typename }"}', "operation"),
        (b'{"query": "query ($a: Int!) { things(first: $a) { totalCount } }"}', "$a"),
        (b'{"query": "query ($a: Int!) { things(first: $a) { totalCount } }", "variables": {"a": "7"}}', "$a"),
        (b'{"query": "query ($a: Int!) { things(first: $a) { totalCount } }", "variables": {"a": 1e99}}', "$a"),
        (b'{"query": "query ($a: Int!) { things(first: $a) { totalCount } }", "variables": {"a": [[[]]]}}', "$a"),
        (b'{"query": "query ($a: Int!) { things(first: $a) { totalCount } }", "variables": {"a": 2147483648}}', "$a"),
        (b'{"query": "query ($a: Nope!) { things(first: $a) { totalCount } }", "variables": {"a": 1}}', "Nope"),
        (b'{"query": "{ things(first: 1, filter: {status: nonsense}) { totalCount } }"}', "nonsense"),
        (b'{"query": "{ group(slug: \\"\\\\uD800\\") { id } }"}', "Syntax"),
        (b'{"query": "subscription { __typename }"}', ""),
        (b'{"query": "{ ...a } fragment a on Query { ...a }"}', "itself"),
        (b'{"query": "' + b"{a" * 5_000 + b"}" * 5_000 + b'"}', ""),
        (b'{"query": "{ things(first: ' + b"[" * 5_000 + b"]" * 5_000 + b') { totalCount } }"}', ""),
        (b'{"query": "{ things(first: ' + b"9" * 5_000 + b') { totalCount } }"}', ""),
    ],
    ids=lambda value: repr(value[:70]),
)
async def test_a_request_that_is_wrong_as_graphql_is_refused(shared_world: World, content: bytes, message: str) -> None:
    response = await post(shared_world, content, JSON_TYPE)
    assert response.status_code in {200, 400}
    errors = response.json()["errors"]
    assert {error["extensions"]["code"] for error in errors} == {"BAD_REQUEST"}
    assert message in errors[0]["message"]
    strict = await post(shared_world, content, {**JSON_TYPE, "Accept": "application/graphql-response+json"})
    assert strict.status_code == 400
    assert "data" not in strict.json()


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/xml", "multipart/form-data; boundary=x", "", "json"]
)
async def test_another_content_type_is_refused(shared_world: World, content_type: str) -> None:
    response = await post(shared_world, TYPENAME, {"Content-Type": content_type})
    assert response.status_code in {400, 415}
    assert code_of(response) == "BAD_REQUEST"


@pytest.mark.parametrize("method", ["PATCH", "TRACE"])
async def test_another_method_is_refused(shared_world: World, method: str) -> None:
    response = await shared_world.api.http.request(method, "/graphql", content=TYPENAME)
    assert response.status_code == 405
    assert code_of(response) == "BAD_REQUEST"


async def test_a_change_by_get_is_refused_and_a_question_is_answered(shared_world: World) -> None:
    before, http = await shared_world.count(), shared_world.api.http
    headers = {"Authorization": shared_world.api.authorization}
    change = f'mutation {{ archiveGroup(input: {{id: "{shared_world.home}", version: 1}}) {{ __typename }} }}'
    response = await http.get("/graphql", params={"query": change}, headers=headers)
    assert response.status_code in {400, 405}
    assert code_of(response) == "BAD_REQUEST"
    assert await shared_world.count() == before
    response = await http.get("/graphql", params={"query": "{ viewer { scope } }"}, headers=headers)
    assert response.json() == {"data": {"viewer": {"scope": "write"}}}
    for params in ({"query": "{"}, {"query": "{ __typename }", "variables": "{"}, {"query": ""}, {}):
        response = await http.get("/graphql", params=params, headers=headers)
        assert response.status_code in {200, 400}
        assert code_of(response) == "BAD_REQUEST"


OF_ACCOUNTS = {to_camel_case(action) for action in OPEN | OWN | PROVEN} | {"replayMail"}


def inputs() -> Iterator[tuple[str, str]]:
    """Every mutation with every field of its input that takes text."""
    mutation = cast("GraphQLObjectType", schema._schema.mutation_type)  # noqa: SLF001 - Strawberry has no public way
    for name, field in mutation.fields.items():
        if "input" not in field.args:
            continue
        given = cast("GraphQLInputObjectType", get_named_type(field.args["input"].type))
        for key, each in given.fields.items():
            if str(get_named_type(each.type)) in {"String", "ID", "JSON"}:
                yield name, key


def right(field: str, world: World) -> dict[str, JSON]:
    """An input that is right, but for what is put into it."""
    mutation = cast("GraphQLObjectType", schema._schema.mutation_type)  # noqa: SLF001 - Strawberry has no public way
    given = cast("GraphQLInputObjectType", get_named_type(mutation.fields[field].args["input"].type))
    values: dict[str, JSON] = {"id": world.home, "version": 1, "groupId": world.home, "name": "n", "slug": "s"}
    values |= {"type": "business" if "Group" in field else "video", "fromId": world.owner.id, "toId": world.home}
    values |= {"type": "following"} if field == "connect" else {}
    values |= {"description": "D", "schema": {"type": "object"}, "sources": ["thing"], "targets": ["thing"]}
    values |= {"category": "course", "price": {"amount": "1", "currency": "USD"}} if field == "createProduct" else {}
    values |= {"label": "a:b", "changes": [{"disconnect": {"id": new_id("con_owns")}}]}
    values |= {"parentId": None, "file": Attached.of(b"F")}
    values |= {"id": new_id("thg")} if "Thing" in field else {}
    values |= {"id": new_id("prd")} if "Product" in field else {}
    values |= {"id": new_id("con_owns")} if field in {"disconnect", "updateConnection"} else {}
    values |= {
        "onId": world.home,
        "grantId": new_id("con_granted"),
        "supportId": new_id("con_supports"),
        "toPersonId": world.owner.id,
    }
    values |= {"reason": "To mend what is broken.", "minutes": 5} if field == "beginSupportAccess" else {}
    values |= {"role": "viewer"} if field == "grantAccess" else {}
    values |= {"id": world.owner.id} if "ServiceAccount" in field else {}
    values |= {"id": new_id("whk"), "url": "https://a.example/hook"} if "Webhook" in field else {}
    knowledge = new_id(KNOWLEDGE_PREFIX)
    values |= {"id": knowledge} if field in {"replaceDocument", "removeKnowledge"} else {}
    values |= {"thingId": new_id("thg"), "text": "T", "embedding": [1.0], "documentId": knowledge}
    values |= {"embeddings": [{"chunkId": knowledge, "embedding": [1.0]}]}
    values |= {"orderId": new_id("ord"), "refundId": new_id("pay"), "of": {"whole": True}, "method": "cash"}
    values |= {"amount": {"amount": "1", "currency": "USD"}, "idempotencyKey": "k"}
    values |= {"productId": new_id("prd"), "quantity": 1, "expectedTotals": []}
    line: dict[str, JSON] = {"productId": new_id("prd")}
    more: dict[str, JSON] = {"receipt": {"licenceKey": {"key": "K"}}} if field == "fulfilOrder" else {"quantity": 1}
    values |= {"lines": [{**line, **more}]}
    values |= {"email": "ann@one.example", "username": "ann", "displayName": "Ann", "token": "t"}
    values |= {"state": "s", "code": "c", "challenge": "c", "proof": {"code": "123456"}}
    values |= {"credential": {}, "address": "0x", "chainId": 1, "message": "m", "signature": "0x00"}
    values |= dict.fromkeys(("password", "currentPassword", "newPassword"), "copper lantern 57 harbour")
    return {
        key: values[key]
        for key, each in given.fields.items()
        if isinstance(each.type, GraphQLNonNull) and key in values
    } | {key: values[key] for key in ("parentId", "toPersonId") if key in given.fields}


@pytest.mark.parametrize(("field", "key"), list(inputs()))
async def test_a_nul_byte_is_refused_wherever_text_is_taken(shared_world: World, field: str, key: str) -> None:
    wrong: JSON = "a\x00b"
    expected = key
    if key in {"properties", "metadata", "schema"}:
        wrong, expected = {"type": "object", "a": ["\x00"]}, f"{key}.a.0"
    elif key in {"filterable", "sourceTypes", "targetTypes"}:
        wrong, expected = ["a\x00b"], f"{key}.0"
    elif key == "files":
        expected = "files.0"
    elif (field, key) == ("addVector", "idempotencyKey"):
        expected = "embedding"  # this store has no dimension
    answer = await refused(shared_world, field, {**right(field, shared_world), key: wrong})
    if field in OF_ACCOUNTS:  # a secret is right or wrong, whatever it is made of
        assert answer["__typename"] in {"ValidationError", "AuthError", "ForbiddenError", "NotFoundError"}
    elif (field, key) in {("updateThing", "properties"), ("evolveThingType", "filterable")}:
        assert answer["__typename"] == "NotFoundError"  # they are looked at once what they are of is there
    else:
        assert answer == {"__typename": "ValidationError", "field": expected}


@pytest.mark.parametrize("literal", ["1e400", "-1e400", "9" * 400, "9007199254740993", "9" * 5_000, "-" + "9" * 400])
async def test_a_number_beyond_all_bounds_is_refused(shared_world: World, literal: str) -> None:
    query = f"""mutation {{ createThing(input: {{
        groupId: "{shared_world.home}", type: "video", name: "V", properties: {{a: [{literal}]}}
    }}) {{ __typename ... on ValidationError {{ field }} }} }}"""
    response = await post(shared_world, json.dumps({"query": query}).encode(), JSON_TYPE)
    body = response.json()
    if "errors" in body:
        assert code_of(response) == "BAD_REQUEST"
    else:
        assert body["data"]["createThing"] == {"__typename": "ValidationError", "field": "properties.a.0"}


@pytest.mark.parametrize("number", ["1e400", "1e308", "9007199254740993", "9" * 400])
async def test_a_number_beyond_all_bounds_in_variables_is_refused(shared_world: World, number: str) -> None:
    query = f"""mutation ($p: JSON) {{ createThing(input: {{
        groupId: "{shared_world.home}", type: "video", name: "V", properties: $p
    }}) {{ __typename ... on ValidationError {{ field }} }} }}"""
    content = f'{{"query": {json.dumps(query)}, "variables": {{"p": {{"a": {number}}}}}}}'
    response = await post(shared_world, content.encode(), JSON_TYPE)
    if response.status_code == 200:
        assert response.json()["data"]["createThing"] == {"__typename": "ValidationError", "field": "properties.a"}
    else:
        assert code_of(response) == "BAD_REQUEST"


async def test_json_that_is_nested_too_deep_is_refused_with_its_place(shared_world: World) -> None:
    value: JSON = 1
    for _ in range(40):
        value = [value]
    given: JSONObject = {"groupId": shared_world.home, "type": "video", "name": "V", "properties": {"a": value}}
    answer = await refused(shared_world, "createThing", given)
    assert answer["__typename"] == "ValidationError"
    assert str(answer["field"]).startswith("properties.a.0.0")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ('{ group(slug: "a\\u0000b") { id } }', "slug"),
        ('{ node(id: "a\\u0000b") { id } }', "id"),
        ('{ nodes(ids: ["a\\u0000b"]) { id } }', "ids.0"),
        ('{ things(first: 1, filter: {type: "a\\u0000b"}) { totalCount } }', "filter.type"),
        ('{ things(first: 1, filter: {groupId: "a\\u0000b"}) { totalCount } }', "filter.groupId"),
        ('{ things(first: 1, after: "a\\u0000b") { totalCount } }', "after"),
        ('{ things(last: 1, before: "a\\u0000b") { totalCount } }', "before"),
        ('{ events(first: 1, filter: {targetId: "a\\u0000b"}) { totalCount } }', "filter.targetId"),
        ('{ viewer { person { related(first: 1, path: [{types: ["a\\u0000b"]}]) { totalCount } } } }', "path.0.types"),
    ],
)
async def test_a_nul_byte_in_a_question_is_refused(shared_world: World, query: str, field: str) -> None:
    response = await post(shared_world, json.dumps({"query": query}).encode(), JSON_TYPE)
    assert response.status_code == 200
    assert response.json()["errors"][0]["extensions"] == {"code": "VALIDATION", "field": field}


@pytest.mark.parametrize("identifier", ["x" * 129, "a b", "a\tb", "ü", ""])
async def test_a_request_id_that_is_not_one_is_replaced(shared_world: World, identifier: str) -> None:
    headers = [(b"x-request-id", identifier.encode()), (b"content-type", b"application/json")]
    response = await shared_world.api.http.post("/graphql", content=TYPENAME, headers=headers)
    assert response.headers["x-request-id"].startswith("req_")
    answer = await shared_world.api.http.post(
        "/graphql", content=TYPENAME, headers={**JSON_TYPE, "X-Request-Id": "a.1"}
    )
    assert answer.headers["x-request-id"] == "a.1"


SECRET = "a value that nobody may read in a log"


@pytest.fixture
def broken(shared_world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A world whose store fails at reading in a way that nobody thought of, though callers are known still."""
    read = shared_world.store.read

    async def fail(statement: object, parameters: object) -> object:
        if getattr(statement, "name", "") in {"authenticate", "confirm"}:
            return await read(statement, parameters)  # type: ignore[arg-type] # passed on as they are
        password = SECRET
        raise RuntimeError(f"a fault of ours, {len(password)}")

    monkeypatch.setattr(shared_world.store, "read", fail)
    return shared_world


async def test_an_unexpected_error_is_masked_with_its_id_and_logged_once(
    broken: World, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await broken.api.http.post(
        "/graphql",
        json={"query": '{ group(slug: "x") { id } }'},
        headers={"Authorization": broken.api.authorization, "X-Request-Id": "trace-7"},
    )
    [error] = answer.json()["errors"]
    assert answer.status_code == 200
    assert error["extensions"] == {"code": "INTERNAL", "traceId": "trace-7"}
    assert error["message"] == "Something went wrong on our side. Quote trace-7 when you report it."
    assert "fault" not in answer.text
    logged = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert [record.getMessage() for record in logged] == ["unexpected error trace-7"]


@pytest.mark.parametrize("form", ["json", "text"])
async def test_what_is_logged_of_an_error_holds_no_secret(
    broken: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", list(root.handlers))
    level = root.level
    try:
        configure_logs("json" if form == "json" else "text", "info")
        await broken.api.ask('{ group(slug: "x") { id } }')
    finally:
        root.setLevel(level)
    written = capsys.readouterr().err
    assert "RuntimeError" in written
    assert "a fault of ours" in written
    assert SECRET not in written
    assert broken.api.authorization.removeprefix("Bearer ") not in written


async def test_an_error_at_the_edge_is_masked_too(shared_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: object) -> object:
        await asyncio.sleep(0)
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(shared_world.store, "read", fail)
    response = await shared_world.api.http.post(
        "/graphql",
        content=TYPENAME,
        headers={**JSON_TYPE, "Authorization": shared_world.api.authorization, "X-Request-Id": "edge-7"},
    )
    assert response.status_code == 500
    assert code_of(response) == "INTERNAL"
    assert "edge-7" in response.text
    assert "fault" not in response.text
