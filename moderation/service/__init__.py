"""The service: the moderator behind HTTP, in four protocols, and a page to try it."""
