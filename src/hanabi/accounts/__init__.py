"""Who may use the server: API keys, and the database that keeps them."""
