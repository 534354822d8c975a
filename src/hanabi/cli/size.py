"""Bytes as people read them."""

_STEP = 1024


def shown_size(count: int) -> str:
    """A number of bytes with its unit, a power of 1024: `93.8 MiB`."""
    if count < _STEP:
        return f"{count} B"
    value = float(count)
    for unit in ("KiB", "MiB", "GiB"):
        value /= _STEP
        if round(value, 1) < _STEP:
            return f"{value:.1f} {unit}"
    return f"{value / _STEP:.1f} TiB"
