"""Textual cues: what a line or a block is, judging by its words and its form alone."""
