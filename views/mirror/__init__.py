"""Runs of another machine, mirrored here through the user's own ssh: `autoviz-render --watch ssh://HOST/PATH`."""
