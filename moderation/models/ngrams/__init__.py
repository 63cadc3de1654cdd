"""Hashed n-grams of many texts at once, by compiled kernels over one buffer of bytes.

The kernels are imported only by the functions that run them, so that importing the package does
not load the compiler.
"""
