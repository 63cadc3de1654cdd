"""What a line or a block is, told from its words and its form alone."""
