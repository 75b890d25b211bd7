"""Simulated patients: whole calls in text, to see how the conversation holds up before a patient does.

`patients` decides what a patient says (pure), `calls` runs a call through the real path and
undoes it, `report` counts what was right and wrong. `manage.py simulate` and the tests call it.
"""
