"""The SQL database: its connection, its tables and the migrations that make them."""
