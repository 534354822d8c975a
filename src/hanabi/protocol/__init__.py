"""Wire types: msgspec Structs that say what a request may hold and what a reply holds; no logic."""
