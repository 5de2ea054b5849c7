"""`serve` as a user runs it: what it prints, how it refuses, how it ends."""

import asyncio
import json
import signal
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

import httpx2
import pytest

from graph.store import Statement, Store, Transaction
from services.sealing import NewKey, Purpose, SecretBox, read_key
from tests.e2e.servers import CHECKOUT, Served, environment, serving

pytestmark = pytest.mark.slow

ROLES = ["platform_owner", "org_owner", "org_user", "org_user", "customer"]


async def command(*arguments: str, settings: Mapping[str, str] | None = None) -> tuple[int, str, str]:
    """Run one command to its end; its exit code and what it printed on either stream."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "app", *arguments,
        cwd=CHECKOUT,
        env=environment(settings),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        out, err = await asyncio.wait_for(process.communicate(), 60)
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def role_of(served: Served, secret: str) -> str:
    query = {"query": "{ viewer { person { role } } }"}
    async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {secret}"}, timeout=30) as client:
        answer = await client.post(f"{served.url}/graphql", json=query)
    return str(answer.json()["data"]["viewer"]["person"]["role"])


async def test_each_demo_account_is_printed_with_a_header_that_works(served: Served) -> None:
    assert [account.role for account in served.accounts] == ROLES
    assert [await role_of(served, account.secret) for account in served.accounts] == ROLES


async def test_a_request_in_flight_is_finished_before_the_server_ends(served: Served) -> None:
    body = json.dumps({"query": "{ __typename }"}).encode()
    address = served.url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(address[0], int(address[2]))
    headers = f"Host: test\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    writer.write(f"POST /graphql HTTP/1.1\r\n{headers}\r\n\r\n".encode() + body[:5])
    await writer.drain()
    await asyncio.sleep(0.3)
    ending = asyncio.create_task(served.stop(signal.SIGTERM))
    await asyncio.sleep(0.3)
    writer.write(body[5:])
    answer = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    assert b"200 OK" in answer
    assert answer.endswith(b'{"data":{"__typename":"Query"}}')
    assert await ending == 0


async def test_a_log_line_tells_who_asked_for_what(served: Served) -> None:
    async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {served.accounts[0].secret}"}) as client:
        query = {"query": "query WhoAmI { viewer { person { id } } }", "operationName": "WhoAmI"}
        answer = await client.post(f"{served.url}/graphql", json=query, headers={"X-Request-Id": "from-the-client"})
    assert answer.headers["X-Request-Id"] == "from-the-client"
    assert await served.stop() == 0
    assert served.process.stdout is not None
    lines = (await served.process.stdout.read()).decode().splitlines()
    line = next(json.loads(line) for line in lines if "WhoAmI" in line)
    assert line["duration_ms"] > 0
    told = {name: line[name] for name in ("level", "request_id", "operation", "viewer", "status", "method", "path")}
    assert told == {
        "level": "info",
        "request_id": "from-the-client",
        "operation": "WhoAmI",
        "viewer": answer.json()["data"]["viewer"]["person"]["id"],
        "status": 200,
        "method": "POST",
        "path": "/graphql",
    }
    assert not any(account.secret in "\n".join(lines) for account in served.accounts)


@pytest.mark.parametrize(
    ("arguments", "settings", "expected"),
    [
        (["--store", "http://nowhere"], {}, "ONE_STORE"),
        (["--store", "bolt://127.0.0.1:1"], {}, "Set ONE_STORE_PASSWORD"),
        (["--store", "bolt://127.0.0.1:1"], {"ONE_STORE_PASSWORD": "x"}, "No store answers at bolt://127.0.0.1:1"),
        (["--data", "/dev/null/data"], {}, "/dev/null/data"),
        ([], {"ONE_PROT": "80"}, "Unknown setting ONE_PROT"),
        ([], {"ONE_PORT": "many"}, "ONE_PORT"),
    ],
)
async def test_what_cannot_be_served_is_one_line_and_a_failure(
    tmp_path: Path, arguments: list[str], settings: dict[str, str], expected: str
) -> None:
    data = [] if "--data" in arguments else ["--data", str(tmp_path)]
    port = [] if "ONE_PORT" in settings else ["--port", "0"]
    code, out, err = await command("serve", *port, *data, *arguments, settings=settings)
    assert code == 1
    assert out == ""
    assert err.startswith("error: ")
    assert expected in err
    assert err.count("\n") == 1


async def test_wrong_credentials_are_one_line(store_address: tuple[str, str, str]) -> None:
    settings = {"ONE_STORE_PASSWORD": "wrong"}
    code, _, err = await command("migrate", "status", "--store", store_address[0], settings=settings)
    assert code == 1
    assert err == f"error: The store at {store_address[0]} refuses the user 'neo4j': check its name and password.\n"


async def test_a_port_that_is_taken_is_one_line_and_no_store_is_started(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        code, _, err = await command("serve", "--port", str(port), "--data", str(tmp_path / "data"))
    assert code == 1
    assert err.startswith(f"error: Cannot listen at 127.0.0.1:{port}: ")
    assert err.count("\n") == 1
    assert not (tmp_path / "data").exists()


async def test_a_store_newer_than_the_program_is_refused(
    store: Store, store_address: tuple[str, str, str], tmp_path: Path
) -> None:
    newer: Statement[bool] = Statement(
        "newer",
        "CREATE (:Migration {number: 9999, title: 'later', checksum: 'x', appliedAt: 0}) RETURN true AS row",
    )
    older: Statement[bool] = Statement("older", "MATCH (m:Migration {number: 9999}) DELETE m RETURN true AS row")

    async def add(transaction: Transaction) -> None:
        await transaction.run(newer, {})

    async def remove(transaction: Transaction) -> None:
        await transaction.run(older, {})

    await store.write(add)
    try:
        uri, user, password = store_address
        settings = {"ONE_STORE_USER": user, "ONE_STORE_PASSWORD": password}
        code, _, err = await command("serve", "--port", "0", "--store", uri, "--data", str(tmp_path), settings=settings)
    finally:
        await store.write(remove)
    assert code == 1
    assert err.startswith("error: The store is newer than this program: it has migration 9999 (later).")
    assert err.count("\n") == 1


async def test_a_key_that_a_store_needs_still_is_missed_until_its_secrets_are_rotated(
    store: Store, store_address: tuple[str, str, str], tmp_path: Path
) -> None:
    old, new = NewKey.make().text, NewKey.make().text
    sealed = SecretBox([read_key(old)]).seal(b"a secret", Purpose.TOTP, "per_1")
    row: Mapping[str, object] = {"personId": "per_1", "secret": sealed.text, "keyId": sealed.key_id, "enabledAt": 1}
    factor: Statement[bool] = Statement("factor", "CREATE (n:SecondFactor) SET n = $row RETURN true AS row")

    async def add(transaction: Transaction) -> None:
        await transaction.run(factor, {"row": row})

    await store.write(add)
    uri, user, password = store_address

    async def run(*arguments: str, keys: str) -> tuple[int, str, str]:
        settings = {"ONE_STORE": uri, "ONE_STORE_USER": user, "ONE_STORE_PASSWORD": password, "ONE_SECRET_KEYS": keys}
        return await command(*arguments, "--data", str(tmp_path), settings=settings)

    for arguments in (("serve", "--port", "0"), ("secrets", "rotate")):
        code, out, err = await run(*arguments, keys=new)
        assert code == 1
        assert err.startswith(
            "error: The store has secrets under keys that ONE_SECRET_KEYS does not have: 1 under the key"
        )
        assert err.count("\n") == 1
        assert sealed.key_id in err
        assert not [key for key in (old, new) if key in out + err]
    done = "1 secrets were encrypted again, 0 were under the first key already.\n"
    assert await run("secrets", "rotate", keys=f"{new},{old}") == (0, done, "")
    again = "0 secrets were encrypted again, 1 were under the first key already.\n"
    assert await run("secrets", "rotate", keys=new) == (0, again, "")
    code, _, err = await run("serve", "--port", "0", keys="short")
    assert (code, err.count("\n")) == (1, 1)
    assert err.startswith("error: Bad settings. ONE_SECRET_KEYS: ")


@pytest.mark.timeout(300)
class TestWithAStoreOfItsOwn:
    """The whole of it, Neo4j included."""

    async def test_data_and_accounts_are_there_the_next_time_and_nothing_runs_in_between(self, tmp_path: Path) -> None:
        async with serving("--data", str(tmp_path)) as first:
            secrets = [account.secret for account in first.accounts]
            assert len(secrets) == len(ROLES)
            started = asyncio.get_running_loop().time()
            assert await first.stop(signal.SIGINT) == 0
            assert asyncio.get_running_loop().time() - started < 5
        assert await processes_of(tmp_path) == []
        async with serving("--data", str(tmp_path)) as second:
            assert [account.secret for account in second.accounts] == secrets
            assert await role_of(second, secrets[0]) == "platform_owner"

    async def test_without_a_demo_world_an_operator_makes_the_first_account(self, tmp_path: Path) -> None:
        async with serving("--data", str(tmp_path), "--no-demo") as served:
            assert served.accounts == []
            beside = ("--data", str(tmp_path))
            code, out, _ = await command(
                "person", "create", "--email", "ada@example.org", "--role", "platform_owner", "--group", "acme", *beside
            )
            assert (code, out[:4]) == (0, "per_")
            code, out, _ = await command("key", "create", "--person", "ada@example.org", "--scope", "write", *beside)
            assert code == 0
            assert await role_of(served, out.strip().removeprefix("Authorization: Bearer ")) == "platform_owner"

    async def test_a_second_server_on_the_same_folder_says_whose_it_is(self, tmp_path: Path) -> None:
        async with serving("--data", str(tmp_path), "--no-demo") as served:
            code, _, err = await command("serve", "--port", "0", "--data", str(tmp_path))
            assert code == 1
            assert str(served.process.pid) in err
            assert served.url in err
            assert err.count("\n") == 1
            async with httpx2.AsyncClient() as client:
                assert (await client.get(f"{served.url}/health/ready")).status_code == 200

    async def test_a_store_that_dies_is_started_again_and_the_server_goes_on(self, tmp_path: Path) -> None:
        async with serving("--data", str(tmp_path)) as served:
            java = next(pid for pid, name in await processes_of(tmp_path) if name == "java")
            process = await asyncio.create_subprocess_exec("kill", "-9", str(java))
            await process.wait()
            deadline = asyncio.get_running_loop().time() + 60
            async with httpx2.AsyncClient(timeout=30) as client:
                while (await client.get(f"{served.url}/health/ready")).status_code != 200:
                    assert asyncio.get_running_loop().time() < deadline
                    assert (await client.get(f"{served.url}/health/live")).status_code == 200
                    await asyncio.sleep(0.2)
            assert await role_of(served, served.accounts[0].secret) == "platform_owner"

    async def test_a_server_that_is_killed_leaves_no_process(self, tmp_path: Path) -> None:
        async with serving("--data", str(tmp_path), "--no-demo") as served:
            assert await processes_of(tmp_path) != []
            await served.stop(signal.SIGKILL)
            deadline = asyncio.get_running_loop().time() + 15
            while await processes_of(tmp_path):
                assert asyncio.get_running_loop().time() < deadline
                await asyncio.sleep(0.2)


async def processes_of(data: Path) -> list[tuple[int, str]]:
    """The processes whose command line names the folder, but for the server's own."""
    process = await asyncio.create_subprocess_exec(
        "ps", "-eo", "pid=,comm=,args=", "-ww", stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    rows = [line.split(None, 2) for line in out.decode().splitlines() if str(data) in line]
    return [(int(pid), name) for pid, name, arguments in rows if " -m app " not in arguments]
