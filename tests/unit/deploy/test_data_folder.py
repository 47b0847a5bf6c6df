import stat
from pathlib import Path

import pytest

from deploy.local.data_folder import (
    make_data_folder,
    owned_data_folder,
    read_or_make_secret,
    read_or_make_secret_key,
    write_private,
)
from deploy.local.errors import CannotStart
from services.engine.adapters.vault import read_vault


def test_a_missing_folder_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    folder = make_data_folder(tmp_path / "new" / "data")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_a_file_in_the_folders_place_is_told(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotStart, match="is not a folder"):
        make_data_folder(tmp_path / place)


def test_a_folder_has_one_owner_at_a_time(tmp_path: Path) -> None:
    with (
        owned_data_folder(tmp_path),
        pytest.raises(CannotStart, match="already running with the data folder"),
        owned_data_folder(tmp_path),
    ):
        pass


def test_a_folder_is_free_again_after_its_owner(tmp_path: Path) -> None:
    with owned_data_folder(tmp_path):
        pass
    with owned_data_folder(tmp_path):
        pass


def test_a_secret_is_made_once_and_private(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    secret = read_or_make_secret(path)
    assert len(secret) > 40
    assert read_or_make_secret(path) == secret
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_empty_secret_is_no_secret(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("\n")
    assert read_or_make_secret(path)


def test_a_secret_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(CannotStart, match="delete it to have it made anew"):
        read_or_make_secret(path)


def test_a_private_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    path.chmod(0o644)
    write_private(path, "new")
    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_key_for_secrets_is_made_once_and_fits(tmp_path: Path) -> None:
    keys = read_or_make_secret_key(tmp_path / "keys")
    assert read_or_make_secret_key(tmp_path / "keys") == keys
    assert read_vault({"FLUSSO_SECRET_KEYS": keys}).key_id == "local"


def test_the_file_of_keys_may_hold_several_by_name(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("new:one,local:two\n")
    assert read_or_make_secret_key(tmp_path / "keys") == "new:one,local:two"
