"""What a batch run is given -> shards, each a bounded piece of it with its bytes.

One process reads every input from its start to its end and hands out the bytes, so that a worker
needs no access to them, on this machine or on another.
"""
