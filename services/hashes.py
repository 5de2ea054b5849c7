"""What is kept of secrets that are random."""

import hashlib


def hash_of(secret: str) -> str:
    """What is stored of 256 random bits: a slow hash would protect them no better."""
    return hashlib.sha256(secret.encode()).hexdigest()
