"""The compliance officer's pages."""
