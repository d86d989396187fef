"""Signatures of what travels: Ed25519, with a key of the user's own, and lists of the keys that are trusted."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from desistance.errors import SettingsError
from desistance.records.identifiers import SIGNATURES, own_key

# Stands before everything that is signed, so that a signature serves for nothing else.
CONTEXT = b"desistance tally\n"
PUBLIC = re.compile(r"[0-9a-f]{64}")
SHOWN = 16  # hexadecimal digits of a fingerprint
MOST_TRUSTED = 10_000
LONGEST_NAME = 80


@dataclass(frozen=True)
class Signer:
    """Whoever signs: the seed of a key (32 bytes), which is shown nowhere."""

    seed: bytes = field(repr=False)

    @property
    def public(self) -> str:
        """The public key, in hexadecimal."""
        from nacl.signing import SigningKey

        return SigningKey(self.seed).verify_key.encode().hex()

    def signature(self, content: bytes) -> bytes:
        """Sign; the same content gives the same 64 bytes."""
        from nacl.signing import SigningKey

        return SigningKey(self.seed).sign(CONTEXT + content).signature


def own_signer(*, results: Iterable[Path] = (), environment: Mapping[str, str] = os.environ) -> Signer:
    """The user's signing key, beside the key of case numbers and kept with the same care; made on first use.

    Raises
    ------
    SettingsError
        As `identifiers.own_key` does.
    """
    return Signer(own_key(results=results, environment=environment, of=SIGNATURES))


def is_signed(content: bytes, signature: bytes, public: str) -> bool:
    """Whether the owner of a public key signed exactly this."""
    from nacl.exceptions import BadSignatureError
    from nacl.signing import VerifyKey

    try:
        VerifyKey(bytes.fromhex(public)).verify(CONTEXT + content, signature)
    except (BadSignatureError, ValueError, TypeError):
        return False
    return True


def fingerprint(public: str) -> str:
    """A few digits that stand for a public key where people compare keys, in groups of four.

    >>> fingerprint("00" * 32)
    '6668 7aad f862 bd77'
    """
    digits = hashlib.sha256(bytes.fromhex(public)).hexdigest()[:SHOWN]
    return " ".join(digits[start : start + 4] for start in range(0, SHOWN, 4))


def trusted_keys(path: Path) -> dict[str, str]:
    """Names by public key, from a file with a key and a name on each line; # begins a remark.

    Raises
    ------
    SettingsError
        The file is not there, is no such list, or has a key twice; the message says which line.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise SettingsError(
            f"the trusted keys cannot be read from {path}; give a text file, one public key and a name on each line"
        ) from None
    found: dict[str, str] = {}
    for number, line in enumerate(lines[:MOST_TRUSTED], start=1):
        key, _, name = line.partition("#")[0].strip().partition(" ")
        if not key:
            continue
        if not PUBLIC.fullmatch(key) or not name.strip() or not name.isprintable() or key in found:
            raise SettingsError(
                f"{path}, line {number}, is no public key (64 hexadecimal digits) and a name, or has a key that stands "
                "above already; `desistance tally` prints the key of whoever runs it"
            )
        found[key] = name.strip()[:LONGEST_NAME]
    if not found:
        raise SettingsError(
            f"{path} holds no key, so no tally would be taken; add one, or leave --trusted out"
        )
    return found
