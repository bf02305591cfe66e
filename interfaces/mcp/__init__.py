"""The MCP server: what an assistant may do with tasks, through the public HTTP API alone."""
