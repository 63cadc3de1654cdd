"""Who may sign in, what they did, and how that is known."""
