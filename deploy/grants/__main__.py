"""`python -m deploy.grants`: roles and grants on PostgreSQL, users for NATS. To be run before each release."""

import argparse
import os
import sys
from collections.abc import Mapping

from deploy.grants import SERVICES, Service
from deploy.grants.broker import render_users
from deploy.grants.database import Roles, run
from services.chassis.errors import Broken, Transient


def passwords_of(environ: Mapping[str, str], prefix: str) -> dict[Service, str]:
    """Return the passwords that are set, such as FLUSSO_DATABASE_PASSWORD_ENGINE."""
    named = {service: environ.get(f"{prefix}_{service.upper()}", "") for service in SERVICES}
    return {service: password for service, password in named.items() if password}


def main(arguments: list[str], environ: Mapping[str, str]) -> int:
    """Bring up the database, or write the users of NATS."""
    parser = argparse.ArgumentParser(prog="python -m deploy.grants", description=__doc__)
    parser.add_argument("what", choices=["database", "nats"])
    what = parser.parse_args(arguments).what
    if what == "nats":
        return _nats(environ)
    url = environ.get("DATABASE_URL", "")
    if not url:
        return _fail("DATABASE_URL is not set; set it to the address for an administrator.")
    try:
        run(url, Roles(passwords=passwords_of(environ, "FLUSSO_DATABASE_PASSWORD")))
    except (Transient, Broken) as error:
        return _fail(str(error))
    return 0


def _nats(environ: Mapping[str, str]) -> int:
    passwords = passwords_of(environ, "FLUSSO_NATS_PASSWORD")
    missing = [service for service in SERVICES if service not in passwords]
    if missing:
        names = ", ".join(f"FLUSSO_NATS_PASSWORD_{service.upper()}" for service in missing)
        return _fail(f"Not set: {names}.")
    sys.stdout.write(render_users(passwords))
    return 0


def _fail(message: str) -> int:
    sys.stderr.write(message + "\n")
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
