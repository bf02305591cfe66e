"""The door for assistants: `/mcp`, which serves the tools of interfaces.mcp over HTTP."""
