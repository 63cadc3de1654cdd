"""The protocol of the Perspective API, so that its clients need another URL and nothing else."""
