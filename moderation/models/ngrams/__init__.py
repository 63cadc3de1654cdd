"""Hashed n-grams of many texts at once, by compiled kernels over one buffer of bytes.

The kernels (`spelling_kernels`, `token_kernels`) are imported only by what runs
them, so that importing the package does not load the compiler.
"""
