"""The gateway: the REST API, inbound webhooks, live updates, sign-in, and the browser app's files."""
