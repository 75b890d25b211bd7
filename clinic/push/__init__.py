"""Web Push: a notification on the devices of whoever is on call, also while no page is open.

What it says is that something waits. `encryption` and `vapid` are pure; `devices` keeps who
wants it where; `sending` goes out through the same guard as webhooks (docs/decisions/0069).
"""
