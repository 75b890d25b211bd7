"""What all calls of a machine share, loaded by importing this module: models, lexicon, context rules.

The callhost's fork server imports it once. A call's process is a copy of the fork server, so it starts ready, and the
pages of what was loaded here are shared by all of them. ONNX sessions may be copied because each has one thread, its
caller's (`conversations.providers.onnx_models`).
"""

import ctypes
import gc
import logging

from conversations import callprocess, equipment  # in this order: the first shuts out torch and sets Django up

__all__ = ["callprocess"]

M_ARENA_MAX = -8  # malloc.h

# A call has a dozen threads, each of which would get a heap of its own that is never given back.
ctypes.CDLL(None).mallopt(M_ARENA_MAX, 2)

try:
    equipment.preload()
except Exception as problem:  # a fork server that dies tells nobody why; a call's process, which tries again, does
    logging.getLogger(__name__).error("the models could not be loaded: %s", problem)
gc.collect()
gc.freeze()  # a collection in a copy would touch, and so unshare, every object
