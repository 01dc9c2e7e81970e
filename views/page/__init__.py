"""A folder that explains itself: pages beside the figures, which open from `file://` with no program and no network."""
