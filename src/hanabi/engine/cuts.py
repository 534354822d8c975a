"""Where a model's memory lets a sequence be cut back."""

from enum import Enum


class Cuts(Enum):
    """What a slot can be cut back to, so that the tokens behind the cut are forgotten.

    It is a property of the model's memory. A slot can always be emptied.
    """

    ANYWHERE = "anywhere"
    """To any length: each layer keeps something for each token."""
    UNTIL_RESTORED = "until restored"
    """To any length, until the slot is restored from a saved state. Layers with a sliding window
    save only what later tokens see, so a restored slot can only go on from where it was saved."""
    NOWHERE = "nowhere"
    """Not at all: a recurrent layer keeps one state, that after the last token."""
