"""What keeps the stack from starting, told in one sentence to whoever sits at the terminal."""


class CannotStart(Exception):  # noqa: N818 - read aloud: "Flusso cannot start: ..."
    """The stack or one of its servers cannot start; the message is one clear sentence."""
