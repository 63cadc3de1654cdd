"""Coral's external moderation phase: each comment is decided on before it is published."""
