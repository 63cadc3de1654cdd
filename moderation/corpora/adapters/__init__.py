"""One adapter a corpus: reads its files as they are and maps its labels into the taxonomy.

An adapter says nothing that its corpus does not say; each docstring gives the mapping and why.
"""
