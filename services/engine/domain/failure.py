"""How an evaluation says that it cannot give a value; it becomes the error of the node that asked."""

from contracts.base import Json


class EvaluationFailed(Exception):  # noqa: N818 - an outcome that lands on a node
    """`code` is stable; `details` say what was evaluated, so that its author finds the place."""

    def __init__(self, code: str, message: str, **details: Json) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details
