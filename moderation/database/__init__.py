"""The database of the service and the desk: its tables, their versions, and transactions."""
