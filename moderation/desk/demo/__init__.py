"""Comments to try the desk with, of the labelled set: written for this project, authors invented.

`comments.jsonl` is a file as anybody may upload one.
"""
