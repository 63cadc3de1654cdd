"""OpenAI's moderations endpoint, for the clients that already call it."""
