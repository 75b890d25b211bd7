"""Webhooks, after the Standard Webhooks specification (https://www.standardwebhooks.com).

    outbox entry → fan-out: one delivery an endpoint, in the same transaction
    delivery     → attempts over 75 hours, each visible; 410 disables the endpoint

`events` and `schedule` are pure, `signing` and `addresses` nearly so; `deliveries` and
`endpoints` write; `sending` is the only network here.
"""
