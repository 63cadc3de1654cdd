"""Text as the judge reads it: normalised, cut into words and sentences, every offset kept."""
