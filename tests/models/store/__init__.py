"""Tests of models on disk."""
