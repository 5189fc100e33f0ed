"""Large random primes, for the keys of a test server."""

from __future__ import annotations

import secrets

_SMALL = [2, *(n for n in range(3, 2000, 2) if all(n % d for d in range(3, int(n**0.5) + 1, 2)))]
_ROUNDS = 20  # each lets a composite number through with a chance of at most one in four


def random_prime(bits: int) -> int:
    """A random prime of exactly that many bits, its two highest bits set."""
    high = 3 << (bits - 2)
    while True:
        candidate = secrets.randbits(bits) | high | 1
        if is_prime(candidate):
            return candidate


def is_prime(number: int) -> bool:
    """Whether a number is prime, by Miller and Rabin's test; wrong once in a million million times."""
    if number < 2:
        return False
    for small in _SMALL:
        if number % small == 0:
            return number == small
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    return all(_passes(number, 2 + secrets.randbelow(number - 3), odd, twos) for _ in range(_ROUNDS))


def _passes(number: int, base: int, odd: int, twos: int) -> bool:
    power = pow(base, odd, number)
    if power in (1, number - 1):
        return True
    for _ in range(twos - 1):
        power = power * power % number
        if power == number - 1:
            return True
    return False
