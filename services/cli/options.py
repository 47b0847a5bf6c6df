"""The options that several commands share."""

from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Write JSON, for scripts.")]
Limit = Annotated[int, typer.Option(min=1, help="How many at most.")]
Search = Annotated[str | None, typer.Option("--q", help="Only those with this text.")]
Workflow = Annotated[
    str | None, typer.Argument(help="Its exact name, or its id.", metavar="WORKFLOW")
]
OfWorkflow = Annotated[
    str | None, typer.Option("--workflow", help="Only those of this workflow: its name or id.")
]
