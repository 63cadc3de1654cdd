"""How comments, corrections and keys come into the database, and how texts leave it."""
