"""Where webhooks may be, and that nothing else is ever spoken to: also after a change of what a name stands for."""

import asyncio
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from app.webhook_http import WebhookHttp
from domain.errors import ValidationError
from domain.webhooks import Answered, Outgoing, checked_url, is_allowed
from services.webhook_retries import LONGEST_WISH, MAX_ATTEMPTS, rest_after

PRIVATE = (
    "127.0.0.1 127.8.8.8 0.0.0.0 10.0.0.1 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 198.18.0.1 192.0.2.1 "
    "224.0.0.1 240.0.0.1 255.255.255.255 ::1 :: fe80::1 fe80::1%lo fd00::1 fec0::1 ff02::1 ::127.0.0.1 ::ffff:10.0.0.1 "
    "::ffff:169.254.169.254 64:ff9b::a00:1 2002:a00:1::1 2001:db8::1 nonsense 2130706433"
).split()


@pytest.mark.parametrize("address", PRIVATE)
def test_nothing_is_sent_to_an_address_that_is_not_one_of_the_internet(address: str) -> None:
    assert not is_allowed(address, loopback=False)


def test_public_addresses_are_allowed_and_those_of_this_machine_for_development() -> None:
    assert all(is_allowed(each, loopback=False) for each in ("8.8.8.8", "2606:4700::1", "::ffff:8.8.8.8"))
    assert [is_allowed(each, loopback=True) for each in ("127.0.0.1", "::1", "10.0.0.1", "::ffff:127.0.0.1")] == [
        True,
        True,
        False,
        False,
    ]


def test_an_address_is_https_without_a_user_and_of_a_name_that_is_not_of_this_machine() -> None:
    for url in ("https://a.example/x?y=1", "https://a.example:8443", "https://8.8.8.8/", "https://[2606:4700::1]/"):
        assert checked_url("url", url, loopback=False) == url
    for wrong in (
        "http://a.example",
        "http://127.0.0.1/",
        "https://127.0.0.1/",
        "https://localhost/",
        "https://LOCALHOST./",
        "https://[::1]/",
        "https://a.localhost/",
        "https://user@a.example/",
        "https://:secret@a.example/",
        "https://a.example:x/",
        "https://a.example:99999/",
        "https://[a.example/",
        "https:///x",
        "https://a.example/\n",
        "https://a.example/ x",
        "https://a.example\\@10.0.0.1/",
        "https://bücher.example/",
        f"https://a.example/{'x' * 2_000}",
        "javascript:alert(1)",
    ):
        with pytest.raises(ValidationError):
            checked_url("url", wrong, loopback=False)
    for local in ("http://127.0.0.1:9/x", "http://localhost/x", "https://[::1]/"):
        assert checked_url("url", local, loopback=True) == local
    with pytest.raises(ValidationError):
        checked_url("url", "http://a.example/", loopback=True)


class Names:
    """What a name stands for: another address each time."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, int]] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        """The next answer."""
        self.asked.append((host, port))
        if not self.answers:
            raise OSError("no such name")
        return self.answers.pop(0)


async def answered(http: WebhookHttp, url: str) -> Answered:
    try:
        return await http.send(Outgoing(url, [("webhook-id", "evt_1")], b"{}"))
    finally:
        await http.aclose()


async def test_what_a_name_stands_for_is_asked_each_time_and_decides(unused_tcp_port: int) -> None:
    heads: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", unused_tcp_port):
        url = f"http://partner.example:{unused_tcp_port}/hook"
        names = Names(["127.0.0.1"], ["10.0.0.1"], ["8.8.8.8", "169.254.169.254"])
        http = WebhookHttp(loopback=True, resolve=names)
        taken = await http.send(Outgoing(url, (), b"{}"))
        assert (taken.status, taken.answer) == (200, "ok")
        # The connection went to the address that was found right, and the name was told as it is.
        assert f"Host: partner.example:{unused_tcp_port}".encode() in heads[0]
        for _ in range(2):
            refused = await http.send(Outgoing(url, (), b"{}"))
            assert (refused.status, refused.error) == (
                None,
                "its name stands for an address that is not one of the internet",
            )
        gone = await answered(http, url)
        assert gone.error == "it cannot be reached: its name is not known"
        assert names.asked == [("partner.example", unused_tcp_port)] * 4
        assert len(heads) == 1
        # Without the setting for development this machine is refused as well, whatever an address looks like.
        for host in ("127.0.0.1", "0x7f.1", "2130706433", "[::ffff:127.0.0.1]"):
            strict = await answered(WebhookHttp(loopback=False), f"http://{host}:{unused_tcp_port}/")
            assert strict.status is None, host
        assert len(heads) == 1


async def test_tls_is_for_the_name_and_not_for_the_address(unused_tcp_port: int) -> None:
    hello = asyncio.get_running_loop().create_future()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hello.set_result(await reader.read(2_000))
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", unused_tcp_port):
        http = WebhookHttp(loopback=True, resolve=Names(["127.0.0.1"]))
        failed = await answered(http, f"https://partner.example:{unused_tcp_port}/")
        assert failed.status is None
        assert b"partner.example" in await hello
    assert ssl.HAS_SNI


@pytest.mark.parametrize(
    ("value", "least", "most"),
    [
        ("120", 120, 120),
        ("99999999999", 999_999_999, 999_999_999),
        (timedelta(hours=1), 3_500, 3_601),
        (-timedelta(hours=1), 0, 0),
        ("soon", None, None),
        ("-5", None, None),
    ],
    ids=["seconds", "for ever", "a date to come", "a date that is over", "no date", "less than nothing"],
)
async def test_when_to_come_again_is_read_as_seconds_or_as_a_date(
    unused_tcp_port: int, value: str | timedelta, least: float | None, most: float | None
) -> None:
    if isinstance(value, timedelta):
        value = format_datetime(datetime.now(UTC) + value)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.1 429 No\r\nRetry-After: {value}\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", unused_tcp_port):
        found = await answered(WebhookHttp(loopback=True), f"http://127.0.0.1:{unused_tcp_port}/")
    assert found.status == 429
    if least is None or most is None:
        assert found.retry_after is None
    else:
        assert found.retry_after is not None
        assert least <= found.retry_after <= most


def test_the_rests_make_up_three_days_and_a_wish_is_kept_within_bounds() -> None:
    rests = [rest_after(number, None, lambda: 0.5) for number in range(1, MAX_ATTEMPTS)]
    assert rests[:3] == [timedelta(seconds=each) for each in (10, 30, 90)]
    assert max(rests) == timedelta(hours=12)
    assert timedelta(days=2.5) < sum(rests, timedelta()) < timedelta(days=3.5)
    assert rest_after(1, None, lambda: 0.0) == timedelta(seconds=8)
    assert rest_after(1, None, lambda: 1.0) == timedelta(seconds=12)
    assert rest_after(1, 3.0, lambda: 0.5) == timedelta(seconds=10)
    assert rest_after(1, 600.0, lambda: 0.5) == timedelta(seconds=600)
    assert rest_after(1, 1e9, lambda: 0.5) == LONGEST_WISH
