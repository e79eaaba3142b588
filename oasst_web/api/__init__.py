"""The HTTP API: v1 speaks Open-Assistant's published protocol, v2 is for new clients. Same use cases as the pages."""
