"""The figures that come with autoviz-render, and what several of them share."""
