"""Tests of the interface for sites."""
