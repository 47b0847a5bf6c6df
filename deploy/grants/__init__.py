"""What each service may do on PostgreSQL and NATS, and nothing more: docs/security.md."""

from typing import Literal, get_args

Service = Literal["engine", "tasks", "gateway"]
SERVICES: tuple[Service, ...] = get_args(Service)
