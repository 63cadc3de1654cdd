"""Queues of comments: filters, lists, and holds."""
