"""The interface for sites: their comments, what was decided, and messages that tell them."""
