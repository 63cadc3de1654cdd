"""What every request meets, whatever its protocol: limits, errors, the log, its body as JSON."""
