import asyncio
import json
import logging
import re
import signal
import sys
import time
import venv
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import graphql
import psutil
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

from app.explorer import Explorer

pytestmark = pytest.mark.slow

CHECKOUT = Path(__file__).parents[2]
DEADLINE_SECONDS = 10
SCRIPT = "console.log('ONE');\n" * 100
WORKING_NPM = f"""
echo "$@" >> "$HERE/calls.txt"
env > "$HERE/environment.txt"
case "$1" in
ci) mkdir -p node_modules ;;
run)
  mkdir -p "$5/explorer"
  echo '<title>ONE · GraphiQL</title>' > "$5/index.html"
  cat > "$5/explorer/index-1a2b3c.js" <<'END'
{SCRIPT.strip()}
END
  ;;
esac
"""
UNTIL_RELEASED = """
echo "$@" >> "$HERE/started"
for _ in $(seq 500); do [ -e "$HERE/release" ] && break; sleep 0.02; done
"""

WriteTool = Callable[[str, str], None]


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WriteTool:
    """Put a shell script first on the PATH, where the build looks for node and npm."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.setenv("HERE", str(tmp_path))

    def write(name: str, body: str) -> None:
        script = folder / name
        script.write_text(f"#!/bin/sh\n{body}\n")
        script.chmod(0o755)

    write("node", "echo v22.12.0")
    write("npm", WORKING_NPM)
    return write


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    folder = tmp_path / "explorer"
    (folder / "src").mkdir(parents=True)
    (folder / "package-lock.json").write_text("{}")
    (folder / "src" / "main.jsx").write_text("first")
    return folder


@contextmanager
def browser(explorer: Explorer) -> Iterator[TestClient]:
    """A client of a server that has this explorer at /graphql."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await explorer.start()
        yield
        await explorer.stop()

    routes = [Route("/graphql", explorer.page), Mount("/explorer", app=explorer.assets)]
    with TestClient(Starlette(routes=routes, lifespan=lifespan)) as client:
        yield client


def settled_page(client: TestClient) -> str:
    """The page after the build has ended, as a browser that refreshes it gets it."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while "is being built" in (text := client.get("/graphql").text):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return text


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} did not appear"
        time.sleep(0.02)


def builds(tmp_path: Path) -> int:
    return (tmp_path / "calls.txt").read_text().count("run build")


def test_while_it_is_built_the_page_says_so_and_refreshes_itself(
    sources: Path, tool: WriteTool, tmp_path: Path
) -> None:
    tool("npm", UNTIL_RELEASED + WORKING_NPM)
    with browser(Explorer(sources)) as client:
        wait_for(tmp_path / "started")
        building = client.get("/graphql")
        assets = client.get("/explorer/index-1a2b3c.js")
        (tmp_path / "release").touch()
        assert "<title>ONE · GraphiQL</title>" in settled_page(client)
    assert building.status_code == 503
    assert building.headers["Retry-After"] == "2"
    assert '<meta http-equiv="refresh" content="2">' in building.text
    assert "installing the npm packages" in building.text
    assert assets.status_code == 404


def test_the_built_page_may_load_from_its_own_host_only_and_is_never_framed(sources: Path, tool: WriteTool) -> None:
    del tool
    with browser(Explorer(sources)) as client:
        settled_page(client)
        page = client.get("/graphql")
    assert page.status_code == 200
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'self'; " in policy
    assert "frame-ancestors 'none'" in policy
    assert not re.search(r"http|\*|unsafe-eval|script-src", policy)
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-cache"
    assert page.headers["Vary"] == "Accept"


@pytest.mark.parametrize(("accepted", "encoding"), [("gzip, br", "gzip"), ("identity", None)])
def test_assets_are_cached_for_good_and_compressed_on_request(
    sources: Path, tool: WriteTool, accepted: str, encoding: str | None
) -> None:
    del tool
    with browser(Explorer(sources)) as client:
        settled_page(client)
        script = client.get("/explorer/index-1a2b3c.js", headers={"Accept-Encoding": accepted})
        again = client.get(
            "/explorer/index-1a2b3c.js", headers={"Accept-Encoding": accepted, "If-None-Match": script.headers["ETag"]}
        )
        missing = client.get("/explorer/other.js", headers={"Accept-Encoding": accepted})
    assert script.text == SCRIPT
    assert script.headers["Content-Type"].startswith("text/javascript")
    assert script.headers.get("Content-Encoding") == encoding
    assert script.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert script.headers["Vary"] == "Accept-Encoding"
    assert again.status_code == 304
    assert missing.status_code == 404
    assert "immutable" not in missing.headers.get("Cache-Control", "")


def test_a_failing_npm_leaves_a_page_with_the_reason_and_one_line_in_the_log(
    sources: Path, tool: WriteTool, caplog: pytest.LogCaptureFixture
) -> None:
    tool("npm", "echo 'npm error code EUSAGE' >&2; exit 1")
    with caplog.at_level(logging.WARNING, "one.explorer"), browser(Explorer(sources)) as client:
        text = settled_page(client)
        response = client.get("/graphql", headers={"Host": "<script>"})
    assert response.status_code == 503
    assert "could not be built: the npm packages could not be installed." in text
    assert "curl http://testserver/graphql" in text
    assert "refresh" not in text
    assert "<script>" not in response.text
    assert [record.message for record in caplog.records] == [
        "GraphiQL is not available: the npm packages could not be installed (see explorer/dist/build.log)"
    ]
    assert "npm error code EUSAGE" in (sources / "dist" / "build.log").read_text()


def test_the_page_tells_an_unreachable_registry_from_other_failures(sources: Path, tool: WriteTool) -> None:
    tool("npm", "echo 'npm error code ENOTFOUND'; exit 1")
    with browser(Explorer(sources)) as client:
        assert "the npm registry could not be reached" in settled_page(client)


@pytest.mark.parametrize("version", ["v18.20.0", "v20.18.9", "v21.7.0", "v22.11.0", ""])
def test_without_a_recent_node_and_a_way_to_install_one_the_page_says_what_is_missing(
    sources: Path, tool: WriteTool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    tool("node", f"echo {version}")
    venv.create(tmp_path / "venv", with_pip=False, symlinks=True)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "venv" / "bin" / "python"))
    with browser(Explorer(sources)) as client:
        assert "could not be built: Node.js could not be installed." in settled_page(client)
    assert "No module named pip" in (sources / "dist" / "build.log").read_text()
    assert not (tmp_path / "calls.txt").exists()


def test_the_next_start_tries_again_after_a_failure(sources: Path, tool: WriteTool) -> None:
    tool("npm", "mkdir -p node_modules; exit 1")
    with browser(Explorer(sources)) as client:
        assert "could not be built" in settled_page(client)
    tool("npm", WORKING_NPM)
    with browser(Explorer(sources)) as client:
        assert "<title>ONE · GraphiQL</title>" in settled_page(client)


def test_it_is_built_again_when_a_source_changed_and_only_then(sources: Path, tool: WriteTool, tmp_path: Path) -> None:
    del tool
    for _ in range(2):
        with browser(Explorer(sources)) as client:
            assert "<title>ONE" in settled_page(client)
    assert builds(tmp_path) == 1
    (sources / "src" / "main.jsx").write_text("second")
    with browser(Explorer(sources)) as client:
        assert "<title>ONE" in settled_page(client)
    assert builds(tmp_path) == 2
    assert (tmp_path / "calls.txt").read_text().count("ci ") == 1, "the packages did not change"


def test_the_folder_may_be_relative_to_where_the_server_runs(
    sources: Path, tool: WriteTool, monkeypatch: pytest.MonkeyPatch
) -> None:
    del tool
    monkeypatch.chdir(sources.parent)
    with browser(Explorer(Path(sources.name))) as client:
        assert "<title>ONE" in settled_page(client)
    assert not (sources / sources.name).exists()


async def test_two_servers_that_start_together_build_once_and_both_serve(
    sources: Path, tool: WriteTool, tmp_path: Path
) -> None:
    tool("npm", WORKING_NPM + "sleep 0.2")
    explorers = [Explorer(sources), Explorer(sources)]
    for explorer in explorers:
        await explorer.start()
    assert [await explorer.wait() for explorer in explorers] == [True, True]
    assert builds(tmp_path) == 1


async def test_stopping_ends_the_build_and_every_process_of_it(sources: Path, tool: WriteTool, tmp_path: Path) -> None:
    tool("npm", 'sleep 60 & echo $! > "$HERE/new"; mv "$HERE/new" "$HERE/child"; wait')
    explorer = Explorer(sources)
    await explorer.start()
    await asyncio.to_thread(wait_for, tmp_path / "child")
    child = psutil.Process(int((tmp_path / "child").read_text()))
    await explorer.stop()
    assert psutil.wait_procs([child], timeout=5)[1] == []


def test_a_build_that_hangs_is_given_up(
    sources: Path, tool: WriteTool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool("npm", UNTIL_RELEASED)
    monkeypatch.setattr("app.explorer_build.TIME_LIMIT_SECONDS", 0.5)
    with browser(Explorer(sources)) as client:
        assert "could not be built: the build took longer than" in settled_page(client)
    assert (tmp_path / "started").exists()


async def test_after_a_killed_server_the_next_waits_for_the_tools_it_left_running(
    sources: Path, tool: WriteTool, tmp_path: Path
) -> None:
    tool("npm", UNTIL_RELEASED + WORKING_NPM)
    code = (
        "import asyncio, pathlib, sys; from app.explorer import Explorer\n"
        "async def main():\n"
        "    explorer = Explorer(pathlib.Path(sys.argv[1])); await explorer.start(); await explorer.wait()\n"
        "asyncio.run(main())"
    )
    server = await asyncio.create_subprocess_exec(sys.executable, "-c", code, str(sources), cwd=CHECKOUT)
    await asyncio.to_thread(wait_for, tmp_path / "started")
    server.send_signal(signal.SIGKILL)
    await server.wait()

    explorer = Explorer(sources)
    await explorer.start()
    await asyncio.sleep(0.3)
    assert (tmp_path / "started").read_text().count("ci ") == 1
    (tmp_path / "release").touch()
    assert await explorer.wait()
    assert (tmp_path / "started").read_text().count("ci ") == 2


def test_the_servers_own_settings_are_kept_from_the_build_tools(
    sources: Path, tool: WriteTool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del tool
    monkeypatch.setenv("ONE_STORE_PASSWORD", "hunter2")
    with browser(Explorer(sources)) as client:
        settled_page(client)
    environment = (tmp_path / "environment.txt").read_text()
    assert f"HERE={tmp_path}" in environment
    assert "hunter2" not in environment


def test_a_checkout_that_cannot_be_written_is_told_as_such(sources: Path, tool: WriteTool) -> None:
    del tool
    (sources / "dist").write_text("in the way")
    with browser(Explorer(sources)) as client:
        assert "a file in explorer/ cannot be read or written (File exists)" in settled_page(client)


def test_a_disabled_explorer_builds_nothing(sources: Path, tool: WriteTool) -> None:
    del tool
    with browser(Explorer(sources, enabled=False)) as client:
        page = client.get("/graphql")
    assert (page.status_code, "switched off" in page.text) == (404, True)
    assert not (sources / "dist").exists()


def test_where_trusted_documents_run_alone_there_is_none_and_the_page_says_so(sources: Path, tool: WriteTool) -> None:
    del tool
    with browser(Explorer(sources, only_trusted=True)) as client:
        page = client.get("/graphql")
    assert (page.status_code, "runs trusted documents only" in page.text) == (404, True)
    assert "documentId" in page.text
    assert "viewer" not in page.text
    assert not (sources / "dist").exists()


def examples() -> list[Path]:
    return sorted((CHECKOUT / "explorer" / "examples").glob("*.graphql"))


@pytest.mark.parametrize("path", examples(), ids=lambda path: path.stem)
def test_an_example_is_one_named_operation_with_its_variables(path: Path) -> None:
    (operation,) = graphql.parse(path.read_text()).definitions
    assert isinstance(operation, graphql.OperationDefinitionNode)
    assert operation.name, "the name is the title of its tab"
    variables = path.with_suffix(".json")
    required = {
        definition.variable.name.value
        for definition in operation.variable_definitions or ()
        if isinstance(definition.type, graphql.NonNullTypeNode)
    }
    given = json.loads(variables.read_text()) if variables.exists() else {}
    assert required <= set(given)


def test_every_package_is_pinned_and_the_locks_name_no_registry() -> None:
    package = json.loads((CHECKOUT / "explorer" / "package.json").read_text())
    versions = [*package["dependencies"].values(), *package["devDependencies"].values()]
    assert versions
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in versions)
    lock = json.loads((CHECKOUT / "explorer" / "package-lock.json").read_text())
    packages = [entry for path, entry in lock["packages"].items() if path]
    assert len(packages) > len(versions)
    assert all("integrity" in entry and "resolved" not in entry for entry in packages)
    requirements = (CHECKOUT / "locks" / "node.txt").read_text()
    assert "--hash=sha256:" in requirements
    assert "://" not in requirements


async def test_stopping_a_running_page_is_quiet(sources: Path, tool: WriteTool) -> None:
    del tool
    explorer = Explorer(sources)
    await explorer.start()
    assert await explorer.wait()
    await explorer.stop()
