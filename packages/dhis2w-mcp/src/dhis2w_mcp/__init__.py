"""The MCP server: DHIS2 for agents, of few tools, safe by what operations declare."""
