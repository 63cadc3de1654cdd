"""The protocol of the Perspective API, so that its clients only need another URL."""
