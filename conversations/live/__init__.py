"""The live loop of one call. No Django in here: what it needs arrives as callables.

patient ─► audio_in ─► ears ─► turn ─► think ─► speak ─► face ─► out ─► patient
   └─ perception ──────►┘        └──── interrupt: cancel the reply, stop out ────┘

Read `call.py` first. This file stays free of imports.
"""
