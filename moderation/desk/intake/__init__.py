"""Intake: comments from the service, from files and from batch runs, and their erasure later."""
