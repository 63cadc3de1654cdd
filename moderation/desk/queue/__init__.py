"""What waits for people: lists, searches, claims."""
