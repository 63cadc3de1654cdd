"""The limit of open files, and so of connections, of a serving process."""

import resource

MAX_FILES = 65_536
"""More than this is not asked for: some systems allow a thousand million."""
OTHER_FILES = 2_048 + 256
"""Files kept for all but connections: those that may wait to be accepted, and some."""


def raise_file_limit() -> None:
    """Allow this process and those it starts as many files as the system lets it have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MAX_FILES if hard == resource.RLIM_INFINITY else min(hard, MAX_FILES)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def most_connections() -> int:
    """Return the number of connections that leaves enough files for all else."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = MAX_FILES if soft == resource.RLIM_INFINITY else soft
    return max(files - OTHER_FILES, files // 2)
