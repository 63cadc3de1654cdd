"""The service: the judge behind HTTP, and the page where a person asks it."""
