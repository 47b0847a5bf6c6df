import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.chassis.errors import Refused
from services.chassis.settings import SettingsError
from services.engine.adapters.vault import VARIABLE, Vault, key_id_of, new_key, read_vault

OLD, NEW = f"old:{new_key().partition(':')[2]}", f"new:{new_key().partition(':')[2]}"
PLAIN, CONTEXT = b"ordinary words", b"secrets/A"


def vault(*keys: str) -> Vault:
    return read_vault({VARIABLE: ",".join(keys)})


@given(st.binary(max_size=300), st.binary(max_size=30))
def test_what_was_encrypted_is_decrypted(plain: bytes, context: bytes) -> None:
    found = vault(OLD)
    assert found.decrypt(found.encrypt(plain, context), context) == plain


def test_the_first_key_encrypts_and_all_decrypt() -> None:
    before, after = vault(OLD).encrypt(PLAIN, CONTEXT), vault(NEW, OLD)
    assert after.decrypt(before, CONTEXT) == PLAIN
    assert key_id_of(after.encrypt(PLAIN, CONTEXT)) == after.key_id == "new"


def test_the_same_value_never_looks_the_same() -> None:
    found = vault(OLD)
    assert found.encrypt(PLAIN, CONTEXT) != found.encrypt(PLAIN, CONTEXT)


def test_a_missing_key_is_named() -> None:
    with pytest.raises(Refused, match="`old`") as refused:
        vault(NEW).decrypt(vault(OLD).encrypt(PLAIN, CONTEXT), CONTEXT)
    assert (refused.value.code, refused.value.details) == ("secret-key-missing", {"key_id": "old"})


def test_another_context_opens_nothing() -> None:
    found = vault(OLD)
    with pytest.raises(Refused) as refused:
        found.decrypt(found.encrypt(PLAIN, CONTEXT), b"secrets/B")
    assert refused.value.code == "secret-damaged"


def test_another_key_of_the_same_id_opens_nothing() -> None:
    other = f"old:{new_key().partition(':')[2]}"
    with pytest.raises(Refused) as refused:
        vault(other).decrypt(vault(OLD).encrypt(PLAIN, CONTEXT), CONTEXT)
    assert refused.value.code == "secret-damaged"


@given(st.integers(min_value=0))
def test_no_byte_can_be_changed(place: int) -> None:
    found = vault(OLD)
    head, _, encoded = found.encrypt(PLAIN, CONTEXT).rpartition(".")
    sealed = bytearray(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    sealed[place % len(sealed)] ^= 1
    with pytest.raises(Refused) as refused:
        found.decrypt(f"{head}.{base64.urlsafe_b64encode(sealed).decode()}", CONTEXT)
    assert refused.value.code == "secret-damaged"


@pytest.mark.parametrize("text", ["", "v1", "v1.old", "v1.old.", "v2.old.AAAA", "v1.old.%%", "."])
def test_what_is_no_encrypted_text_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        vault(OLD).decrypt(text, CONTEXT)


def test_without_a_key_nothing_is_encrypted() -> None:
    empty = read_vault({})
    assert empty.key_id is None
    with pytest.raises(Refused, match=VARIABLE) as refused:
        empty.encrypt(PLAIN, CONTEXT)
    assert refused.value.code == "secrets-not-available"


@pytest.mark.parametrize(
    "keys",
    ["nothing", "A B:" + "x" * 43, "a:short", f"{OLD},{OLD}", "a:" + "!" * 43],
    ids=["no-id", "odd-id", "short", "twice", "no-base64"],
)
def test_a_wrong_setting_is_one_sentence_without_the_key(keys: str) -> None:
    with pytest.raises(SettingsError, match=VARIABLE) as error:
        read_vault({VARIABLE: keys})
    assert "x" * 43 not in str(error.value)
    assert OLD.partition(":")[2] not in str(error.value)


def test_keys_do_not_show_in_a_representation() -> None:
    assert "keys" not in repr(vault(OLD))


def test_padding_and_spaces_do_not_matter() -> None:
    key_id, _, encoded = OLD.partition(":")
    assert read_vault({VARIABLE: f" {key_id}:{encoded}= , {NEW},"}).key_id == "old"
