"""A window of its own for the newest figure: `autoviz-render --watch PATH --window`."""
