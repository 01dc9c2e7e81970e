"""The entry point for jupyter-server-proxy: a launcher in JupyterLab that watches the folder Jupyter was started in."""

from __future__ import annotations

import secrets
import sys
from typing import Any

from autoviz_render.views.server.network.access import TOKEN_VARIABLE

NAME = "autoviz-render"


def setup() -> dict[str, Any]:
    """How jupyter-server-proxy starts the server, and speaks to it: at a Unix socket, with a token that it alone knows.

    Whoever may use the Jupyter server may look: its proxy adds the token to each request.
    """
    token = secrets.token_urlsafe(32)
    serve = ["--watch", ".", "--serve", "unix:{unix_socket}"]
    return {
        "command": [sys.executable, "-P", "-m", "autoviz_render.cli", *serve],
        "environment": {TOKEN_VARIABLE: token},
        "unix_socket": True,
        "request_headers_override": {"Authorization": f"Bearer {token}"},
        "timeout": 60,
        "launcher_entry": {"title": "Sampling runs", "path_info": f"{NAME}/", "category": "Other"},
    }
