"""How a secret is kept that must not stand in the clear: of a session, token or screen, a code, a mistyped login."""

import hashlib


def hash_of(secret: str) -> str:
    """What is stored of it and looked up by.

    Secrets are 256 random bits, which a plain hash does not give back; codes hold for minutes, and who tries them is
    counted.
    """
    return hashlib.sha256(secret.encode()).hexdigest()
