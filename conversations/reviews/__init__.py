"""Clinicians look again at some calls: what was missed, what was not true, and how far they agree.

`sampling` and `agreement` are pure; `book` holds the verbs; `views` are the pages. What was missed feeds the
gates of releases (conversations.releases.gates).
"""
