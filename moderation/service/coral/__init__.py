"""Coral's external moderation phase: a decision on each comment before it is published."""
