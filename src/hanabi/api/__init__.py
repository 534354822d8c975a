"""HTTP in and out: ASGI, no inference logic. `routes.build_app` puts it together."""
