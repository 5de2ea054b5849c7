import tomllib
from pathlib import Path

import pytest
import yaml

from app.local_store.releases import DEFAULT_RELEASE

CHECKOUT = Path(__file__).parents[2]
COMPOSE = CHECKOUT / "docker-compose.yml"
PACKAGES = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["tool"]["importlinter"]["root_packages"]


def test_compose_runs_the_neo4j_that_the_lock_pins() -> None:
    services = yaml.safe_load(COMPOSE.read_text())["services"]
    assert services["neo4j"]["image"] == f"neo4j:{DEFAULT_RELEASE.version}-community"


def test_compose_gives_server_and_store_the_same_password() -> None:
    services = yaml.safe_load(COMPOSE.read_text())["services"]
    password = services["one"]["environment"]["ONE_STORE_PASSWORD"]
    assert password.startswith("${ONE_STORE_PASSWORD:-")
    assert services["neo4j"]["environment"]["NEO4J_AUTH"] == f"neo4j/{password}"


def test_compose_publishes_to_this_machine_only() -> None:
    services = yaml.safe_load(COMPOSE.read_text())["services"]
    published = [port for service in services.values() for port in service.get("ports", [])]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


@pytest.mark.parametrize("package", PACKAGES)
def test_the_image_holds_every_package(package: str) -> None:
    assert f"COPY {package} {package}" in (CHECKOUT / "deploy" / "Dockerfile").read_text().splitlines()
    assert f"!{package}" in (CHECKOUT / ".dockerignore").read_text().splitlines()
