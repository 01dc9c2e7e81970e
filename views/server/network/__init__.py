"""Between the browser and the application: where the server listens, who may ask, and what a connection may cost.

`address` listens, `hints` says how to get there, `jupyter` is how jupyter-server-proxy starts it, `access` judges
requests, `connection` bounds what each costs.
"""
