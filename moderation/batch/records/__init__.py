"""A shard's bytes -> pages and comments as they were sent, one after the other."""
