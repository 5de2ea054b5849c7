"""Secrets at rest and their keys, without a store."""

import base64
from pathlib import Path

import pytest

from app.secret_keys import FILE, secret_box
from app.settings import SettingsError, load_settings
from domain.errors import StoreError
from services.sealing import NewKey, Purpose, SecretBox, SecretKeyError, key_id_of, read_key

OLD, NEW = (read_key(NewKey.make().text) for _ in range(2))


def test_what_is_sealed_is_read_with_its_key_for_its_person_and_purpose_only() -> None:
    sealed = SecretBox([OLD]).seal(b"a secret", Purpose.TOTP, "per_1")
    assert SecretBox([NEW, OLD]).unseal(sealed.text, Purpose.TOTP, "per_1") == b"a secret"
    assert key_id_of(sealed.text) == sealed.key_id == SecretBox([OLD]).first
    for box, person in ((SecretBox([NEW]), "per_1"), (SecretBox(), "per_1"), (SecretBox([OLD]), "per_2")):
        with pytest.raises(SecretKeyError) as refused:
            box.unseal(sealed.text, Purpose.TOTP, person)
        assert "a secret" not in str(refused.value)
        assert OLD.hex() not in str(refused.value)
    again = SecretBox([OLD]).seal(b"a secret", Purpose.TOTP, "per_1")
    assert again.text != sealed.text  # each has a nonce of its own


def test_a_secret_that_was_tampered_with_is_not_read() -> None:
    box = SecretBox([OLD])
    text = box.seal(b"a secret", Purpose.TOTP, "per_1").text
    head, _, encoded = text.rpartition(".")
    content = bytearray(base64.urlsafe_b64decode(encoded))
    for place in range(len(content)):
        content[place] ^= 1
        with pytest.raises(SecretKeyError):
            box.unseal(f"{head}.{base64.urlsafe_b64encode(content).decode()}", Purpose.TOTP, "per_1")
        content[place] ^= 1
    for wrong in ("", "a secret", head, f"{head}.", f"{head}.x", text[:-4], text.replace("one1", "one2")):
        with pytest.raises(SecretKeyError):
            box.unseal(wrong, Purpose.TOTP, "per_1")


@pytest.mark.parametrize(
    "wrong",
    ["x", "A" * 43, "no key", f"{NewKey.make().text}AAAA", NewKey.make().text[:-6]],
    ids=["letter", "zeros", "words", "too long", "too short"],  # the same in every worker
)
def test_what_is_no_random_key_of_32_bytes_is_refused_without_being_told(wrong: str) -> None:
    with pytest.raises(SettingsError, match=r"ONE_SECRET_KEYS: .*one secrets new-key") as refused:
        load_settings(secret_keys=f"{NewKey.make().text},{wrong}")
    assert wrong not in str(refused.value)


def test_keys_are_read_from_the_setting_in_order_and_not_shown(tmp_path: Path) -> None:
    keys = [NewKey.make().text for _ in range(2)]
    settings = load_settings(secret_keys=", ".join(keys), store="bolt://x:1", data=tmp_path)
    box = secret_box(settings)
    assert box.first == SecretBox([read_key(keys[0])]).first
    assert len(box.key_ids) == 2
    assert not [key for key in keys if key in repr(settings)]
    with pytest.raises(SettingsError, match="names a key twice"):
        load_settings(secret_keys=",".join([keys[0], keys[0].rstrip("=")]))


def test_a_local_store_has_a_key_of_its_own_and_reads_with_it_once_there_are_others(tmp_path: Path) -> None:
    data = tmp_path / "data"
    own = secret_box(load_settings(data=data))
    assert own.first is not None
    assert secret_box(load_settings(data=data)).first == own.first
    assert (data / FILE).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in data.iterdir()] == [FILE]
    new = NewKey.make().text
    box = secret_box(load_settings(data=data, secret_keys=new))
    assert box.key_ids == {box.first, own.first}
    assert box.first == SecretBox([read_key(new)]).first
    # A store of one's own has no key that the others do not have.
    assert secret_box(load_settings(data=data, store="bolt://x:1")).first is None
    (data / FILE).write_text("spoilt")
    with pytest.raises(StoreError, match=r"secret\.key is none any more"):
        secret_box(load_settings(data=data))
