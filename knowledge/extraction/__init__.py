"""Bytes of a document to pages of structured text. Pure; runs in a process of its own (`knowledge.sandbox`)."""
