"""Who uses the program: for records of who decided what."""

import getpass


def user_name() -> str:
    """The name of this account; "" for a process that has none."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""
