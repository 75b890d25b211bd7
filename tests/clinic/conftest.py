"""Tests of the clinic hear the channel layer in memory; those about its absence take it away themselves."""

import pytest


@pytest.fixture(autouse=True)
def _channel_layer_in_memory(settings) -> None:
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
