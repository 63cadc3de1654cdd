"""Who asks for a page, what they sent, and how they are answered."""
