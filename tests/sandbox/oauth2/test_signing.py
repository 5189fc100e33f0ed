"""RS256: against tokens that a real server signed."""

import json
from pathlib import Path
from typing import Any

import pytest

from dhis2w_sandbox.oauth2.primes import is_prime, random_prime
from dhis2w_sandbox.oauth2.signing import BITS, SigningKey, decoded, encoded

Json = dict[str, Any]


def recorded(file: Path) -> list[Json]:
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return [row["response"].get("json", {}) for row in rows if "response" in row]


@pytest.mark.shared
@pytest.mark.parametrize("version", ["v42", "v43"])
def test_tokens_of_a_real_server_are_known_by_its_key(shared: Path, version: str) -> None:
    live = shared / f"dhis2/live/{version}/meta"
    row = next(body for body in recorded(live / "oauth2-clients.jsonl") if "keys" in body)["keys"][0]
    key = SigningKey(row["kid"], int.from_bytes(decoded(row["n"]), "big"), 0)
    assert key.jwk() == row
    bodies = recorded(live / "oauth2-flow.jsonl")
    tokens = [body[name] for body in bodies for name in ("access_token", "id_token") if name in body]
    assert len(tokens) > 10
    assert all(key.signed(token) for token in tokens)
    assert not key.signed(tokens[0].replace(".", ".A", 1))


def test_a_key_knows_its_own_signature_and_no_other() -> None:
    mine, other = SigningKey.generate(), SigningKey.generate()
    token = mine.sign({"sub": "ä"})
    assert mine.modulus.bit_length() == BITS
    assert mine.signed(token)
    assert not other.signed(token)
    assert not mine.signed(f"{token}A")
    assert not mine.signed("a.b.?")


def test_primes() -> None:
    assert [number for number in range(60) if is_prime(number)][-3:] == [47, 53, 59]
    assert is_prime(2**521 - 1)
    assert not is_prime(2**523 - 1)
    assert not is_prime(2047 * (2**61 - 1))
    assert random_prime(256).bit_length() == 256


def test_base64_for_addresses() -> None:
    assert encoded(b"\xfb\xff\xfe") == "-__-"
    assert decoded(encoded(b"any")) == b"any"
    with pytest.raises(ValueError, match="base64"):
        decoded("a+?")
