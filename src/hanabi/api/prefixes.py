"""Where clients look for the API."""

PREFIXES = ("/inference/v1", "/v1", "/inference/v1/v1")
"""The last is what some clients make of the first."""


def under_prefixes(path: str) -> tuple[str, ...]:
    """A path below each of the prefixes, the documented one first."""
    return tuple(prefix + path for prefix in PREFIXES)
