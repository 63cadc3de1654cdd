"""Accounts of the desk: users, their roles, passwords and sessions, the audit log, API keys."""
