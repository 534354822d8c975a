"""The settings of a server: what can be set, how each text is read, and what it comes to."""

from hanabi.settings.option import Option
from hanabi.settings.options import OPTIONS
from hanabi.settings.settings import Settings, SettingsError, load_settings

__all__ = ["OPTIONS", "Option", "Settings", "SettingsError", "load_settings"]
