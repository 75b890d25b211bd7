"""The REST API, /api/v1: one module a resource, named as teams know them from conversational video platforms."""
