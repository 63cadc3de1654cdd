"""What each page of the desk does."""
