"""`flusso`: puts the commands together, reads what all of them share, and ends every failure in one sentence.

A new command is a module in `commands/` with an `add_to(app)`, and a line in `COMMANDS`. Only the module of the command
that is called is imported: those that look at tasks and runs start twice as fast without the engine's rules.
"""

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated

import typer

from services.cli.adapters.terminal import Terminal
from services.cli.domain.errors import CliError, ExitCode
from services.cli.session import DEFAULT_URL, Session

COMMANDS: Mapping[str, tuple[str, ...]] = {
    "validate": ("validate",),
    "simulate": ("simulate",),
    "apply": ("apply",),
    "export": ("export",),
    "schema": ("schema",),
    "workflows": ("workflows",),
    "runs": ("run", "runs", "cancel"),
    "follow": ("follow",),
    "tasks": ("tasks", "task", "approve", "reject", "submit"),
    "receipt": ("receipt",),
    "verify": ("verify",),
    "dead_letters": ("dead-letters",),
    "lost": ("lost",),
    "rebuild": ("rebuild",),
}
"""The modules in the order of `--help`, and the commands that each of them has."""
PROGRAM = "flusso"
_HELP = "Workflows that stop and ask a person, from the command line."
_EPILOG = """\
[bold]Where[/bold]  FLUSSO_URL (http://127.0.0.1:8080) and FLUSSO_TOKEN (else FLUSSO_ADMIN_TOKEN), or --url and --token.
[bold]Exit[/bold]   0 done; 1 failed, or faults were found; 2 not understood; 3 somebody was faster; 130 interrupted."""
_Url = Annotated[
    str, typer.Option("--url", envvar="FLUSSO_URL", help="Where Flusso is.", metavar="URL")
]
_Token = Annotated[
    str | None,
    typer.Option(
        "--token",
        envvar=["FLUSSO_TOKEN", "FLUSSO_ADMIN_TOKEN"],
        help="Who is calling: an API token.",
        metavar="TOKEN",
        show_default=False,
    ),
]


def _tell_version(wanted: bool) -> None:  # noqa: FBT001 - the signature of an option's callback
    if wanted:
        typer.echo(f"{PROGRAM} {own_version()}")
        raise typer.Exit


_Version = Annotated[
    bool,
    typer.Option(
        "--version", callback=_tell_version, is_eager=True, help="Say the version, and end."
    ),
]


def start(
    context: typer.Context,
    url: _Url = DEFAULT_URL,
    token: _Token = None,
    version: _Version = False,  # noqa: ARG001, FBT002 - its callback has done it
) -> None:
    context.obj = Session(Terminal(), url.strip() or DEFAULT_URL, (token or "").strip() or None)


def modules_for(arguments: Sequence[str]) -> Iterable[str]:
    """Return the module of the first word that is a command, or all of them where none is: for `--help`."""
    for word in arguments:
        for module, names in COMMANDS.items():
            if word in names:
                return [module]
    return COMMANDS


def build_app(modules: Iterable[str] = COMMANDS) -> typer.Typer:
    """Return the application with the commands of these modules."""
    app = typer.Typer(
        name=PROGRAM,
        help=_HELP,
        epilog=_EPILOG,
        no_args_is_help=True,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(start)
    for module in modules:
        import_module(f"services.cli.commands.{module}").add_to(app)
    return app


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; never a traceback."""
    try:
        given = sys.argv[1:] if arguments is None else list(arguments)
        result = build_app(modules_for(given))(given, prog_name=PROGRAM, standalone_mode=False)
        sys.stdout.flush()
    except CliError as error:
        return _fail(error.message, error.exit_code)
    except typer.TyperException as error:
        return _not_understood(error)
    except typer.Abort:
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has had enough: `flusso runs | head`.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.FAILED
    except Exception as error:
        if os.environ.get("FLUSSO_DEBUG"):
            raise
        what = f"{type(error).__name__}: {error}"
        message = f"Something broke in flusso itself ({what}): FLUSSO_DEBUG=1 shows where."
        return _fail(message, ExitCode.FAILED)
    return result if isinstance(result, int) else ExitCode.OK


def _fail(message: str, code: ExitCode) -> int:
    Terminal().note(message, "red")
    return code


def _not_understood(error: typer.TyperException) -> int:
    what = error.format_message().strip().rstrip(".")
    Terminal().note(f"{what}. `{PROGRAM} --help` explains.", "red")
    return error.exit_code


def own_version() -> str:
    """Return the version that is installed, or that of the clone."""
    try:
        return version("flusso")
    except PackageNotFoundError:
        project = Path(__file__).parents[2] / "pyproject.toml"
        lines = project.read_text(encoding="utf-8").splitlines()
        return next(line.split('"')[1] for line in lines if line.startswith("version = "))


if __name__ == "__main__":
    sys.exit(main())
