"""The world's errors, kept apart from ours.

A `KnownError` is something that the world did (a bad file, a full disk, a missing card): it carries a stable code and
fields, and `bmgui.wording` puts it into a sentence in the reader's language. Anything else that is raised is a bug and
is never caught to be hidden.
"""


class KnownError(Exception):
    """Something of the world's doing.

    code: a short stable kebab-case word, for example `file-truncated`; every code has a sentence in `bmgui.wording`.
    fields: what the sentence needs; values are `str`, `int` or `float`. `file` is the path where one is concerned.
    """

    def __init__(self, code: str, **fields: str | int | float) -> None:
        super().__init__(code, fields)
        self.code = code
        self.fields = fields

    def __str__(self) -> str:
        return self.code + "".join(f" {name}={value!r}" for name, value in self.fields.items())
