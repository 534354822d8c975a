"""A client of text models behind the Fireworks REST API, by default of the server next door.

from fireworks.client import Fireworks

response = Fireworks().completions.create(model="...", prompt="Say this is a test")
print(response.choices[0].text)
"""

from fireworks.client import AsyncFireworks, Fireworks
from fireworks.version import __version__

__all__ = ["AsyncFireworks", "Fireworks", "__version__"]
