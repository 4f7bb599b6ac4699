"""The operator's dashboard: server-rendered pages that htmx and small elements make live."""
