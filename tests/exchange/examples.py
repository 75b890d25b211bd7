"""How Hypothesis makes its examples here. `@settings(UNHURRIED, max_examples=60)`"""

from hypothesis import HealthCheck, Phase, settings

# A busy machine is no failure, and nothing is kept from one run to the next.
UNHURRIED = settings(deadline=None, database=None)
# Requests to the product: the same ones each time, and never made smaller, as what they changed stays changed.
REQUESTS = settings(
    UNHURRIED,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
