"""The mind of a call: what is said next, and why it may be said. No Django in here."""
