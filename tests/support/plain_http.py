"""What a client needs that only speaks plain HTTP: making a context with all authorities costs 25 ms of a core."""

import ssl

NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Given to httpx as `verify`. It trusts nobody, so nothing can be reached by TLS with it."""
