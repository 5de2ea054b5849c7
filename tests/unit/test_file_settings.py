"""Where files are kept: which addresses the setting takes, and that a folder is made."""

from pathlib import Path

import pytest

from app.file_contents import ObjectContents, folder_of
from app.settings import SettingsError, load_settings


@pytest.mark.parametrize("address", ["file:///srv/one", "file:///srv/with%20space", "s3://bucket", "s3://a-b.c/of/one"])
def test_folders_and_buckets_are_taken(address: str) -> None:
    assert load_settings(files=address).files == address


@pytest.mark.parametrize(
    "address", ["srv/one", "file://host/srv", "file:///", "https://a.example/x", "s3:///x", "s3://A"]
)
def test_everything_else_is_named_as_wrong(address: str) -> None:
    with pytest.raises(SettingsError, match="ONE_FILES"):
        load_settings(files=address)


def test_a_folder_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "with space" / "files"
    ObjectContents.at(folder.as_uri())
    assert folder_of(folder.as_uri()) == folder
    assert folder.stat().st_mode & 0o777 == 0o700
