"""What a worker does with a shard: read, split, judge, and pack into rows."""
