"""Reading, checking and splitting the labelled set."""
