"""What a page says of itself for machines: its date, its author, its language, its comments."""
