"""The patient's words, judged by rule before anything else happens. Pure: no Django, no network, no clock.

`Guard.assess` is called on every partial and final transcript. No model takes part in
it, and nothing that comes later can lower what it raised.
"""
