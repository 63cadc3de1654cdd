"""The desk's pages: rendered here, with a little JavaScript of our own and no outside host."""
