"""Marks a literal for translation where it is written before the reader's language is known (tables of actions, settings)."""


def mark(text: str) -> str:
    """`text` itself; the translation test collects what stands in `mark(...)` as it does for `tr(...)`."""
    return text
