"""One adapter for each corpus: it reads the files as they are and maps the labels to the taxonomy.

An adapter adds nothing that its corpus does not say; each docstring gives the mapping and why.
"""
