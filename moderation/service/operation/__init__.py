"""What it takes to run the service: keys, limits, batches, metrics, logs, workers."""
