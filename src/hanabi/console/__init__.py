"""The web console: its files, and the one-time link that signs a browser in."""
