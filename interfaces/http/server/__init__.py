"""The HTTP server: routes, connections and the ASGI application."""
