"""How many calls fit: `driver` drives synthetic patients, `capacity` calculates and `report` tells (both pure)."""
