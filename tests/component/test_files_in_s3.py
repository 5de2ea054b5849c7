"""Files in a bucket of S3: kept, fetched in part, and erased, as in a folder."""

from collections.abc import AsyncIterator

import httpx2
import pytest

from app.file_contents import ObjectContents
from graph.store import Store
from services.file_erasing import Erasing
from tests.accounts import TurnedClock
from tests.client import Api, Attached
from tests.component.test_files import fetch, kept
from tests.conftest import served
from tests.s3.moto_server import s3
from tests.worlds import World

pytestmark = [pytest.mark.slow, pytest.mark.once, pytest.mark.timeout(180)]


@pytest.fixture
async def bucket(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """A bucket, as ONE_FILES names it; the environment says where and how."""
    async with s3() as address, httpx2.AsyncClient() as client:
        assert (await client.put(f"{address}/shelf")).status_code == httpx2.codes.OK
        for name, value in {
            "AWS_ENDPOINT_URL": address,
            "AWS_ALLOW_HTTP": "true",
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_REGION": "us-east-1",
        }.items():
            monkeypatch.setenv(name, value)
        yield "s3://shelf/of/one"


async def test_a_file_is_kept_in_a_bucket_and_erased_there(store: Store, bucket: str) -> None:
    clock, contents = TurnedClock(), ObjectContents.at(bucket)
    content = bytes(range(256)) * 80_000  # in three parts
    async with served(store, clock=clock, files=contents) as http:
        world = await World.create(store, Api(http))
        file = await kept(
            world.api, await world.group("shelf"), Attached.of(content, "a.bin", "application/octet-stream")
        )
        assert (await fetch(world.api, file["url"])).content == content
        part = await fetch(world.api, file["url"], Range="bytes=10000000-10000009")
        assert part.content == content[10_000_000:10_000_010]
        await world.api.change("deleteThing", {"id": file["id"], "version": 1})
        clock.forward(minutes=1)
        assert await Erasing(store, clock, contents)() == 1
        assert await contents.read(str(file["id"]), 0, 1) is None
        await contents.erase(str(file["id"]))
