"""How many calls fit: `driver` drives synthetic patients, and `measured` keeps what they found.

`capacity` calculates, `curve` draws and `report` tells: all three are pure.
"""
