"""RS256: the key of a server, and the JSON Web Tokens that it signs.

The arithmetic is done with Python's integers: right for a test server, which signs nothing of worth; it is neither
fast nor does it hide its timing. The key is made at random when it is first used and lives as long as the process,
as with a DHIS2 that has no keystore: every restart invalidates the tokens.

Source: `AuthorizationServerConfig.generateEphemeralKey` of dhis2-core; RFC 7515, RFC 7517, RFC 8017 (8.2).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from dhis2w_sandbox.oauth2.primes import random_prime

Json = dict[str, Any]

BITS = 2048
EXPONENT = 65537

# How ASN.1 says "a SHA-256 digest follows".
_SHA256 = bytes.fromhex("3031300d060960864801650304020105000420")


@dataclass(frozen=True)
class SigningKey:
    """An RSA key with its identifier."""

    kid: str
    modulus: int
    private_exponent: int

    @classmethod
    def generate(cls) -> SigningKey:
        """A new random key: takes about half a second."""
        while True:
            p, q = random_prime(BITS // 2), random_prime(BITS // 2)
            phi = (p - 1) * (q - 1)
            if p != q and phi % EXPONENT:
                return cls(str(uuid4()), p * q, pow(EXPONENT, -1, phi))

    def jwk(self) -> Json:
        """The public half, as `/oauth2/jwks` shows it."""
        return {
            "kty": "RSA",
            "e": encoded(EXPONENT.to_bytes(3, "big")),
            "kid": self.kid,
            "n": encoded(self.modulus.to_bytes(BITS // 8, "big")),
        }

    def sign(self, claims: Json) -> str:
        """The claims as a signed token."""
        header = {"kid": self.kid, "alg": "RS256"}
        text = ".".join(encoded(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims))
        signature = pow(_padded(text), self.private_exponent, self.modulus)
        return f"{text}.{encoded(signature.to_bytes(BITS // 8, 'big'))}"

    def signed(self, token: str) -> bool:
        """Whether the signature of a token (three parts) is this key's."""
        text, _, signature = token.rpartition(".")
        try:
            number = int.from_bytes(decoded(signature), "big")
        except ValueError:
            return False
        return number < self.modulus and pow(number, EXPONENT, self.modulus) == _padded(text)


def _padded(text: str) -> int:
    """The digest of a text, padded to the length of the key (EMSA-PKCS1-v1_5)."""
    tail = _SHA256 + hashlib.sha256(text.encode()).digest()
    return int.from_bytes(b"\x00\x01" + b"\xff" * (BITS // 8 - len(tail) - 3) + b"\x00" + tail, "big")


def encoded(data: bytes) -> str:
    """Base64 for URLs, without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """The bytes of base64 for URLs.

    Raises:
        ValueError: it is none.
    """
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from error
