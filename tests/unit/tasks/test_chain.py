"""The hashes of the chain: every leaf has a path, and no path leads from anything else."""

import base64
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.chassis.settings import SettingsError
from services.tasks.adapters.signing import Ed25519Signer, signer_from, signs, trusted_from
from services.tasks.domain.chain import canonical, merkle_path, merkle_root, root_of_path

HASHES = st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=40)


@given(hashes=HASHES, data=st.data())
def test_every_hash_leads_to_the_root_and_no_other_does(
    hashes: list[bytes], data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, len(hashes) - 1))
    path = merkle_path(hashes, index)
    assert len(path) <= 6
    assert root_of_path(hashes[index], path) == merkle_root(hashes)
    assert root_of_path(bytes(31) + b"\x07", path) != merkle_root(hashes) or hashes[index] == (
        bytes(31) + b"\x07"
    )


@given(hashes=HASHES.filter(lambda hashes: len(set(hashes)) > 1))
def test_another_order_has_another_root(hashes: list[bytes]) -> None:
    turned = [*hashes[1:], hashes[0]]
    assert turned == hashes or merkle_root(turned) != merkle_root(hashes)


def test_the_roots_are_those_of_rfc_6962() -> None:
    """Of certificate transparency's own test vectors, by leaves of which the leaf hash is known."""
    assert merkle_root([b""]).hex() == (
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    )


def test_canonical_json_is_what_anybody_writes_with_sorted_keys() -> None:
    document = {"b": 1, "a": "x"}
    assert canonical(document) == b'{"a":"x","b":1}'
    assert json.loads(canonical(document)) == document


def test_a_key_signs_and_its_id_is_of_its_public_half() -> None:
    signer = signer_from({"FLUSSO_SIGNING_KEY": "A" * 43})
    assert signer is not None
    signature = signer.sign(b"this")
    assert signs(signer.public_key, signature, b"this")
    assert not signs(signer.public_key, signature, b"that")
    assert not signs(signer.public_key, b"", b"this")
    assert not signs(b"", signature, b"this")
    assert re.fullmatch("[0-9a-f]{16}", signer.key_id)


def test_without_a_key_nobody_signs() -> None:
    assert signer_from({}) is None
    assert signer_from({"FLUSSO_SIGNING_KEY": " "}) is None


def test_former_keys_are_trusted_by_their_public_halves() -> None:
    signer = Ed25519Signer(bytes(32))
    text = base64.b64encode(signer.public_key).decode()
    assert trusted_from({}) == []
    assert trusted_from({"FLUSSO_TRUSTED_KEYS": f" {text}, {text.rstrip('=')},"}) == [
        signer.public_key,
        signer.public_key,
    ]
    with pytest.raises(SettingsError, match="make public-key"):
        trusted_from({"FLUSSO_TRUSTED_KEYS": "x"})


@pytest.mark.parametrize("text", ["x", "A" * 44, "é" * 43, "!" * 43, "A" * 86])
def test_a_key_that_cannot_be_used_is_told(text: str) -> None:
    with pytest.raises(SettingsError, match="make signing-key"):
        signer_from({"FLUSSO_SIGNING_KEY": text})
