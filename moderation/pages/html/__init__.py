"""A page's HTML -> its passages, in one walk over its elements."""
