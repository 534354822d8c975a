"""The models that are compared with transformers, and how close they must come."""

FLOAT32 = "accounts/fireworks/models/float32"
"""The bundled model's weights in float32: what a server calls the file of that name."""

CLOSE = 0.02
"""The most that a chosen token's logprob may differ where both compute with float32 weights."""

TOPS_CLOSE = 0.05
"""The same for the most likely five of a row: 0.043 was seen, of a token of a thousandth, where
attention sums in 16 bits."""

SAME_MODEL = 0.1
"""The most that a quantised model's chosen logprobs may differ on average. Kernels for quantised
weights quantise the activations too, so single rows are further off; rows that score the wrong
token would be off by several."""
