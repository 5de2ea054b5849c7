"""Just enough of Bolt 5.4 to ask a starting server a few questions without a driver.

Source: the Bolt protocol manual (handshake, chunking, PackStream, and HELLO, LOGON, RUN and PULL).
"""

import asyncio
import re
import struct
from collections.abc import Mapping, Sequence

from app.local_store.address import StoreAddress

HANDSHAKE = bytes.fromhex("6060B017 00000405 00000000 00000000 00000000")
VERSION = bytes.fromhex("00000405")
HELLO, LOGON, RUN, PULL = 0x01, 0x6A, 0x10, 0x3F
SUCCESS, RECORD = 0x70, 0x71
EVERYTHING = -1

Packable = str | int | Mapping[str, "Packable"]


class BoltError(Exception):
    """The server refused; the message is its status code, or what it said instead of Bolt."""


async def run_statements(address: StoreAddress, statements: Sequence[str]) -> None:
    """Log on and run each statement in a transaction of its own, discarding the rows.

    Raises OSError or EOFError where nobody answers and BoltError where the server says no.
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", address.port)
    try:
        writer.write(HANDSHAKE)
        if (version := await reader.readexactly(4)) != VERSION:
            raise BoltError(f"no Bolt 5.4 but {version!r}")
        await _ask(reader, writer, HELLO, {"user_agent": "one/0", "bolt_agent": {"product": "one/0"}})
        credentials = {"scheme": "basic", "principal": address.user, "credentials": address.password}
        await _ask(reader, writer, LOGON, credentials)
        for statement in statements:
            await _ask(reader, writer, RUN, statement, {}, {})
            await _ask(reader, writer, PULL, {"n": EVERYTHING})
    finally:
        writer.close()


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, signature: int, *fields: Packable) -> None:
    message = bytes([0xB0 | len(fields), signature]) + b"".join(map(_pack, fields))
    writer.write(struct.pack(">H", len(message)) + message + b"\0\0")
    while (answer := await _message(reader))[1] == RECORD:
        pass
    if answer[1] != SUCCESS:
        code = re.search(rb"Neo\.\w+\.\w+\.\w+", answer)
        raise BoltError(code[0].decode() if code else "refused")


async def _message(reader: asyncio.StreamReader) -> bytes:
    message = b""
    while True:
        (size,) = struct.unpack(">H", await reader.readexactly(2))
        if size:
            message += await reader.readexactly(size)
        elif message:
            return message


def _pack(value: Packable) -> bytes:
    if isinstance(value, str):
        data = value.encode()
        return struct.pack(">BH", 0xD1, len(data)) + data
    if isinstance(value, int):
        return struct.pack(">Bq", 0xCB, value)
    return bytes([0xA0 | len(value)]) + b"".join(_pack(key) + _pack(item) for key, item in value.items())
