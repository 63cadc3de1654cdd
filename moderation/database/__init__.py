"""The database of the service and the desk: its tables, their versions, and transactions."""

import logging

# The store logs each failure for the operator of a service, and raises it too. A command that has
# set up no logging prints the error; without this, Python would print the log's line beside it.
logging.getLogger(__name__).addHandler(logging.NullHandler())
