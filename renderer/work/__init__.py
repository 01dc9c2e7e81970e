"""One job: in this process, or in one that can be abandoned."""
