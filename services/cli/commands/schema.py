"""`flusso schema`: the JSON Schema of workflow files, for editors."""

import typer

from services.cli.publish import schema_text

_EXAMPLES = """\
[bold]Examples[/bold]
  flusso schema > workflow.schema.json
[bold]In a workflow file[/bold], so that editors check and complete it:
  # yaml-language-server: $schema=workflow.schema.json"""


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(epilog=_EXAMPLES)(schema)


def schema() -> None:
    """Print the JSON Schema of a workflow file, which editors check and complete by."""
    typer.echo(schema_text(), nl=False)
