"""When something was done, as files say it."""

from datetime import UTC, datetime


def utc_now() -> str:
    """Now, in ISO 8601, to the second: "2026-11-25T10:20:30+00:00"."""
    return datetime.now(UTC).isoformat(timespec="seconds")
