"""The comments of a thread: the elements that hold one each, their authors, times and parents."""
