"""Files: what is taken in and what is refused, who may read it, and what is left of what is no more."""

import gzip
import hashlib
import struct
import zlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import BinaryIO, cast

import httpx2
import pytest

from app.file_contents import ObjectContents
from domain.access import KeyScope
from domain.errors import NetworkError
from domain.people import MemberRole, PlatformRole
from domain.values import JSON, JSONObject
from graph.store import Statement, Store
from services.file_erasing import Erasing
from services.files import FileContents
from tests.accounts import TurnedClock
from tests.client import Api, Attached
from tests.conftest import served
from tests.worlds import World

pytestmark = [pytest.mark.slow, pytest.mark.once]

FILE = "file { id name status fileName contentType size sha256 url link { url expiresAt } properties group { slug } }"
LEFT: Statement[str] = Statement("left", "MATCH (n:Leftover) RETURN n.fileId AS row")


def png() -> bytes:
    """A picture of one pixel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0\0\0\0")) + chunk(b"IEND", b"")


PICTURE = Attached.of(png(), "cover.png", "image/png")


class Broken(ObjectContents):
    """A place that takes no bytes."""

    async def put(self, key: str, file: BinaryIO) -> None:
        """Fail half-way."""
        await super().put(key, file)
        raise NetworkError("It is gone.")


@asynccontextmanager
async def shelf(
    store: Store, folder: Path, clock: TurnedClock, contents: FileContents | None = None, limit: int = 10_000
) -> AsyncIterator[World]:
    """A world whose server keeps files in a folder, at a time that a test chooses."""
    contents = contents or ObjectContents.at(folder.as_uri())
    async with served(store, clock=clock, files=contents, upload_limit=limit) as http:
        yield await World.create(store, Api(http))


@pytest.fixture
def clock() -> TurnedClock:
    """The time."""
    return TurnedClock()


@pytest.fixture
async def world(store: Store, tmp_path: Path, clock: TurnedClock) -> AsyncIterator[World]:
    """A world that keeps its files in `tmp_path`, of up to 10,000 bytes each."""
    async with shelf(store, tmp_path, clock) as world:
        yield world


def held(folder: Path) -> list[str]:
    """The keys of what is kept in a folder."""
    return [each.name for each in folder.iterdir()]


async def upload(api: Api, group: str, file: Attached = PICTURE, **more: JSON) -> Mapping[str, JSON]:
    """What uploading a file answers."""
    return await api.change("uploadFile", {"groupId": group, "file": file, **more}, FILE)


async def kept(api: Api, group: str, file: Attached = PICTURE, **more: JSON) -> Mapping[str, JSON]:
    """A file that was uploaded."""
    answer = await upload(api, group, file, **more)
    assert answer["__typename"] == "UploadFileSuccess", answer
    return cast("Mapping[str, JSON]", answer["file"])


async def fetch(api: Api, url: JSON, method: str = "GET", **headers: str) -> httpx2.Response:
    """What is at an address."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    if api.authorization:
        given["Authorization"] = api.authorization
    return await api.http.request(method, str(url), headers=given)


async def test_an_upload_is_a_file_of_its_group_and_is_fetched_as_it_was(world: World) -> None:
    group = await world.group("shelf")
    file = await kept(world.api, group, name="Cover")
    content = png()
    assert {name: file[name] for name in ("name", "status", "fileName", "contentType", "size", "sha256", "group")} == {
        "name": "Cover",
        "status": "active",
        "fileName": "cover.png",
        "contentType": "image/png",
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "group": {"slug": "shelf"},
    }
    assert file["url"] == f"/files/{file['id']}"
    response = await fetch(world.api, file["url"])
    assert (response.status_code, response.content) == (200, content)
    assert response.headers["Content-Type"] == "image/png"
    assert response.headers["Content-Disposition"] == "inline; filename*=utf-8''cover.png"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response.headers["Content-Security-Policy"]
    assert response.headers["Cache-Control"] == "private, no-cache"
    events = await world.api.ask(
        "query ($id: ID!) { events(first: 5, filter: { targetId: $id }) { nodes { type } } }", id=file["id"]
    )
    assert events.each("events.nodes", "type") == ["thing_created"]
    assert await world.store.read(LEFT, {}) == []


async def test_a_file_is_fetched_in_part_and_not_again(world: World) -> None:
    text = Attached.of(b"0123456789", "..\\secret/ten €.txt")
    file = await kept(world.api, await world.group("shelf"), text)
    assert file["fileName"] == "ten €.txt"
    whole = await fetch(world.api, file["url"])
    assert whole.headers["Content-Disposition"] == "attachment; filename*=utf-8''ten%20%E2%82%AC.txt"
    tag = whole.headers["ETag"]
    for wanted, part, told in [
        ("bytes=2-4", b"234", "bytes 2-4/10"),
        ("bytes=7-", b"789", "bytes 7-9/10"),
        ("bytes=-2", b"89", "bytes 8-9/10"),
        ("bytes=8-99", b"89", "bytes 8-9/10"),
    ]:
        response = await fetch(world.api, file["url"], Range=wanted, If_Range=tag)
        assert (response.status_code, response.content, response.headers["Content-Range"]) == (206, part, told)
    for ignored in ("bytes=4-2", "bytes=1-2,4-5", "lines=1-2", "bytes=-"):
        response = await fetch(world.api, file["url"], Range=ignored)
        assert (response.status_code, response.content) == (200, b"0123456789"), ignored
    for beyond in ("bytes=10-", "bytes=-0"):
        response = await fetch(world.api, file["url"], Range=beyond)
        assert (response.status_code, response.headers["Content-Range"]) == (416, "bytes */10"), beyond
    assert (await fetch(world.api, file["url"], Range="bytes=2-4", If_Range='"other"')).status_code == 200
    known = await fetch(world.api, file["url"], If_None_Match=f'W/"x", {tag}')
    assert (known.status_code, known.content) == (304, b"")
    head = await fetch(world.api, file["url"], "HEAD")
    assert (head.status_code, head.headers["Content-Length"], head.content) == (200, "10", b"")


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (Attached.of(b"<script>", "cover.png", "image/png"), "something else"),
        (Attached.of(png(), "cover.gif", "image/gif"), "something else"),
        (Attached.of(b"<html></html>", "page.html", "text/html"), "not taken"),
        (Attached.of(b"<svg/>", "a.svg", "image/svg+xml"), "not taken"),
        (Attached.of(b"\xff\xfe", "a.txt", "text/plain"), "no text in UTF-8"),
        (Attached.of(b"a\0b", "a.csv", "text/csv"), "no text in UTF-8"),
        (Attached.of(b"ends in half \xe2\x82", "a.txt", "text/plain"), "no text in UTF-8"),
        (Attached.of(b"", "a.txt", "text/plain"), "not empty"),
        (Attached.of(b"", "a.png", "image/png"), "something else"),
        (Attached.of(b"x" * 10_001, "a.txt", "text/plain"), "at most 10,000 bytes"),
    ],
)
async def test_what_is_not_what_it_is_said_to_be_is_refused(
    world: World, tmp_path: Path, file: Attached, words: str
) -> None:
    group = await world.group("shelf")
    before = await world.count()
    answer = await upload(world.api, group, file)
    assert (answer["__typename"], answer["field"]) == ("ValidationError", "file")
    assert words in str(answer["message"])
    assert await world.count() == before
    assert held(tmp_path) == []


@pytest.mark.parametrize(
    "file",
    [
        PICTURE,
        Attached.of("Grüße".encode(), "a.txt", "text/plain; charset=utf-8"),
        Attached.of(b"a,b\n1,2\n", "a.csv", "text/csv"),
        Attached.of(b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n", "a.pdf", "application/pdf"),
        Attached.of(gzip.compress(b"a", mtime=0), "a.gz", "application/gzip"),
        Attached.of(b"MZ\0\0anything", "setup.exe", "application/octet-stream"),
    ],
)
async def test_what_is_what_it_is_said_to_be_is_kept(world: World, file: Attached) -> None:
    found = await kept(world.api, await world.group("shelf"), file)
    assert (await fetch(world.api, found["url"])).content == file.content


async def test_a_large_file_goes_through_a_piece_at_a_time(store: Store, tmp_path: Path, clock: TurnedClock) -> None:
    content = bytes(range(256)) * 100_000
    async with shelf(store, tmp_path, clock, limit=30_000_000) as world:
        large = Attached.of(content, "a.bin", "application/octet-stream")
        file = await kept(world.api, await world.group("shelf"), large)
        assert (await fetch(world.api, file["url"])).content == content
        far = await fetch(world.api, file["url"], Range="bytes=25599990-")
        assert far.content == content[25_599_990:]
        before = await world.count()
        response = await world.api.http.post(
            "/graphql",
            data={"operations": "{}", "map": "{}"},
            files={"0": ("a.bin", b"x" * 31_000_001, "application/octet-stream")},
            headers={"Authorization": world.api.authorization, "GraphQL-Require-Preflight": "1"},
        )
        assert response.status_code == 413
        assert await world.count() == before


async def test_who_may_not_see_a_file_does_not_get_it_but_by_a_link_that_is_good(
    world: World, clock: TurnedClock
) -> None:
    group = await world.group("shelf")
    file = await kept(world.api, group)
    viewer = await world.member("vera", "shelf", role=PlatformRole.ORG_USER)
    stranger = await world.member("sam", "elsewhere", role=PlatformRole.ORG_USER)
    assert (await fetch(viewer, file["url"])).status_code == 200
    for other in (stranger, Api(world.api.http)):
        assert (await fetch(other, file["url"])).status_code == 404
    link = str(cast("Mapping[str, JSON]", file["link"])["url"])
    nobody = Api(world.api.http)
    assert (await fetch(nobody, link)).content == png()
    changed = link.replace("until=", "until=9")
    assert (await fetch(nobody, changed)).status_code == 404
    other_file = await kept(world.api, group)
    assert (await fetch(nobody, link.replace(str(file["id"]), str(other_file["id"])))).status_code == 404
    assert (await fetch(nobody, f"{link}x")).status_code == 404
    clock.forward(minutes=61)
    assert (await fetch(nobody, link)).status_code == 404
    wrong = await world.api.http.get(str(file["url"]), headers={"Authorization": "Bearer no"})
    assert wrong.status_code == 401


async def test_a_link_is_good_for_a_minute_to_seven_days(world: World) -> None:
    file = await kept(world.api, await world.group("shelf"))
    ask = "query ($id: ID!, $m: Int!) { node(id: $id) { ... on File { link(minutes: $m) { expiresAt } } } }"
    assert (await world.api.ask(ask, id=file["id"], m=10_080)).at("node.link.expiresAt")
    for minutes in (0, 10_081):
        assert (await world.api.ask(ask, id=file["id"], m=minutes)).codes == ["VALIDATION"]


@pytest.mark.parametrize("role", [MemberRole.VIEWER, None])
async def test_who_may_not_create_in_a_group_keeps_nothing_there(
    world: World, tmp_path: Path, role: MemberRole | None
) -> None:
    group = await world.group("shelf")
    where = "shelf" if role else "elsewhere"
    api = await world.member("vic", where, role=PlatformRole.ORG_USER, scope=KeyScope.WRITE)
    before = await world.count()
    answer = await upload(api, group)
    assert answer["__typename"] == ("ForbiddenError" if role else "NotFoundError")
    assert await world.count() == before
    assert held(tmp_path) == []


async def test_the_storage_of_a_group_is_not_exceeded_however_it_is_tried(world: World, tmp_path: Path) -> None:
    group = await world.group("shelf")
    ten = Attached.of(b"0123456789")
    limits: JSONObject = {"id": group, "version": 1, "limits": {"storageBytes": 25}}
    assert (await world.api.change("updateGroup", limits))["__typename"] == "UpdateGroupSuccess"
    first = await kept(world.api, group, ten)
    await kept(world.api, group, ten)
    full = await upload(world.api, group, ten)
    assert full["__typename"] == "ConflictError"
    assert "room for 5 bytes more, of 25; this takes 10" in str(full["message"])
    assert len(held(tmp_path)) == 2
    elsewhere = await world.group("elsewhere")
    more = await kept(world.api, elsewhere, ten)
    move: JSONObject = {"id": more["id"], "version": 1, "groupId": group}
    assert (await world.api.change("moveThing", move))["__typename"] == "ConflictError"
    gone = await world.api.change("deleteThing", {"id": first["id"], "version": 1})
    assert gone["__typename"] == "DeleteThingSuccess"
    assert (await world.api.change("moveThing", move))["__typename"] == "MoveThingSuccess"


async def test_what_is_kept_of_a_file_cannot_be_claimed_or_changed(world: World) -> None:
    group = await world.group("shelf")
    claimed: JSONObject = {"fileName": "a", "contentType": "image/png", "size": 1, "stored": True}
    made = await world.api.change("createThing", {"groupId": group, "type": "file", "name": "A", "properties": claimed})
    assert (made["__typename"], made["field"]) == ("ValidationError", "properties.stored")
    file = await kept(world.api, group)
    held = cast("Mapping[str, JSON]", file["properties"])
    changes: list[tuple[str, JSON]] = [("size", 1), ("contentType", "text/html"), ("sha256", "0" * 64)]
    for name, value in [*changes, ("stored", False)]:
        given: JSONObject = {"id": file["id"], "version": 1, "properties": {**held, name: value}}
        answer = await world.api.change("updateThing", given)
        assert (answer["__typename"], answer["field"]) == ("ValidationError", f"properties.{name}")
    given = {"id": file["id"], "version": 1, "properties": {**held, "fileName": "front.png"}}
    assert (await world.api.change("updateThing", given))["__typename"] == "UpdateThingSuccess"
    response = await fetch(world.api, file["url"])
    assert response.headers["Content-Disposition"].endswith("front.png")


async def test_a_file_elsewhere_has_its_address_and_no_link(world: World) -> None:
    group = await world.group("shelf")
    properties: JSONObject = {"fileName": "a", "contentType": "image/png", "size": 1, "url": "https://a.example/a.png"}
    file = await world.thing("A", group, "file", properties=properties)
    found = await world.api.ask("query ($id: ID!) { node(id: $id) { ... on File { url link { url } } } }", id=file)
    assert found.at("node") == {"url": "https://a.example/a.png", "link": None}
    assert (await fetch(world.api, f"/files/{file}")).status_code == 404


async def test_the_same_key_keeps_one_file(world: World, tmp_path: Path, clock: TurnedClock) -> None:
    group = await world.group("shelf")
    first = await kept(world.api, group, idempotencyKey="one")
    again = await kept(world.api, group, idempotencyKey="one")
    assert again["id"] == first["id"]
    other = await upload(world.api, group, Attached.of(b"Other."), idempotencyKey="one")
    assert (other["__typename"], other["conflict"]) == ("ConflictError", "idempotencyKey")
    clock.forward(hours=2)
    await Erasing(world.store, clock, ObjectContents.at(tmp_path.as_uri()))()
    assert held(tmp_path) == [first["id"]]
    assert await world.store.read(LEFT, {}) == []


async def test_bytes_of_an_upload_that_came_to_nothing_are_erased_in_an_hour(
    store: Store, tmp_path: Path, clock: TurnedClock
) -> None:
    contents = ObjectContents.at(tmp_path.as_uri())
    async with shelf(store, tmp_path, clock, Broken.at(tmp_path.as_uri())) as world:
        answer = await upload(world.api, await world.group("shelf"))
        assert answer["__typename"] == "NetworkError"
        assert len(held(tmp_path)) == 1
        erase = Erasing(store, clock, contents)
        assert await erase() == 0
        clock.forward(minutes=61)
        assert await erase() == 1
        assert held(tmp_path) == []
        assert await store.read(LEFT, {}) == []


async def test_bytes_of_a_file_that_is_deleted_are_erased(world: World, tmp_path: Path, clock: TurnedClock) -> None:
    file = await kept(world.api, await world.group("shelf"))
    erase = Erasing(world.store, clock, ObjectContents.at(tmp_path.as_uri()))
    clock.forward(days=1)
    assert await erase() == 0
    await world.api.change("deleteThing", {"id": file["id"], "version": 1})
    assert await erase() == 1
    assert held(tmp_path) == []
    assert (await fetch(world.api, file["url"])).status_code == 404


async def test_a_form_is_no_way_around_the_browser_and_none_without_a_name(world: World) -> None:
    operations = '{"query": "{ viewer { person { id } } }"}'
    form = {"operations": operations, "map": "{}"}

    async def post(data: Mapping[str, str], **headers: str) -> httpx2.Response:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return await world.api.http.post("/graphql", data=data, files={"0": ("a", b"a")}, headers=given)

    key = world.api.authorization
    assert (await post(form, Authorization=key)).status_code == 400
    assert (await post(form, GraphQL_Require_Preflight="1")).status_code == 401
    assert (await post(form, GraphQL_Require_Preflight="1", Cookie="__Host-one-access=x")).status_code == 403
    assert (await post(form, Authorization=key, Apollo_Require_Preflight="1")).status_code == 200
    for wrong in (
        {"operations": operations},
        {"operations": "[]", "map": "{}"},
        {"operations": operations, "map": "[]"},
        {"operations": operations, "map": '{"1": ["variables.file"]}'},
        {"operations": operations, "map": '{"0": ["variables.file"]}'},
        {"operations": operations, "map": '{"0": ["query.file"]}'},
        {"operations": operations, "map": '{"0": 7}'},
        {"operations": "no", "map": "{}"},
    ):
        response = await post(wrong, Authorization=key, GraphQL_Require_Preflight="1")
        assert response.status_code == 400, wrong
        assert response.json()["errors"][0]["message"]


async def test_only_a_file_is_an_upload(world: World) -> None:
    answer = await world.api.ask(
        "mutation ($input: UploadFileInput!) { uploadFile(input: $input) { __typename } }",
        input={"groupId": await world.group("shelf"), "file": "some text"},
    )
    assert answer.codes == ["BAD_REQUEST"] or answer.errors
    assert "multipart/form-data" in str(answer.errors)
