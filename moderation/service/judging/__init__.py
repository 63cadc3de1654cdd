"""The model inside a service: loaded in the background, asked in batches."""
