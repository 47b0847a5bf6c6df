"""The gateway's rules: who may call, what an error looks like, where a listener is in the streams."""
