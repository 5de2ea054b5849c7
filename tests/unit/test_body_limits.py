"""How many bytes a request may have: more where a form with files is taken, and nowhere else."""

import asyncio
from collections.abc import AsyncIterator

import httpx2
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from app import requests
from app.requests import Requests


async def count(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer how many bytes came."""
    size = len(await Request(scope, receive).body())
    await JSONResponse(size)(scope, receive, send)


async def go_away() -> None:
    """Nothing stays open here."""


@pytest.mark.parametrize(
    ("path", "content_type", "size", "status"),
    [
        ("/graphql", "application/json", 10, 200),
        ("/graphql", "application/json", 11, 413),
        ("/graphql", "multipart/form-data; boundary=x", 110, 200),
        ("/graphql", "Multipart/Form-Data; boundary=x", 111, 413),
        ("/other", "multipart/form-data; boundary=x", 11, 413),
        ("/graphql", "text/plain; multipart/form-data", 11, 413),
    ],
)
async def test_a_form_with_files_may_be_larger_where_it_is_taken(
    path: str, content_type: str, size: int, status: int
) -> None:
    transport = httpx2.ASGITransport(Requests(count, count, 10, go_away, lambda: True, form_limit=100))
    async with httpx2.AsyncClient(transport=transport, base_url="http://testserver") as client:
        response = await client.post(path, content=b"x" * size, headers={"Content-Type": content_type})
    assert response.status_code == status


@pytest.mark.parametrize(
    ("content_type", "pause", "status"),
    [
        ("application/json", 0.0, 200),
        ("application/json", 0.06, 408),
        ("multipart/form-data; boundary=x", 0.06, 200),
        ("multipart/form-data; boundary=x", 0.3, 408),
    ],
)
async def test_a_body_that_does_not_come_on_is_waited_for_so_long_and_a_form_for_each_piece(
    monkeypatch: pytest.MonkeyPatch, content_type: str, pause: float, status: int
) -> None:
    monkeypatch.setattr(requests, "BODY_SECONDS", 0.15)

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(5):
            await asyncio.sleep(pause)
            yield b"x"

    transport = httpx2.ASGITransport(Requests(count, count, 10, go_away, lambda: True, form_limit=100))
    async with httpx2.AsyncClient(transport=transport, base_url="http://testserver") as client:
        response = await client.post("/graphql", content=pieces(), headers={"Content-Type": content_type})
    assert response.status_code == status
    if status != 200:
        assert response.json()["errors"][0]["extensions"] == {"code": "BODY_TOO_SLOW"}
