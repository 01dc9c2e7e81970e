"""The pages in a browser, live: `autoviz-render --watch PATH --serve ADDRESS` (extra `web`)."""
