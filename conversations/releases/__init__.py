"""Releases: what a call is run with, as one signed, unchanging whole, and how a new one reaches patients.

`bundle`, `sequential`, `gates`, `budget`, `comparing`, `allotment` and `simulation` are pure policy; `installed` says
what this software can run; `book` holds the verbs; `watching` applies the gates; `shadow` tries a release where nobody
hears it; `views` are the administrator's pages.
"""
