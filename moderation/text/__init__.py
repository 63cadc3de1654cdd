"""Text as people and models read it: normalised, cut into words and sentences, offsets kept."""
