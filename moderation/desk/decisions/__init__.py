"""What people decide: one at a time, many at once, and what the decisions tell."""
