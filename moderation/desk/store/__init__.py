"""The database: its tables, their versions, and transactions."""
