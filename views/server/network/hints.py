"""What is printed when the server starts: how to get there, ready to be copied, by the ways that are detected."""

from __future__ import annotations

import getpass
import socket
from collections.abc import Iterator, Mapping
from urllib.parse import quote

from autoviz_render.views.server.network.address import LOCAL, Address


def address_lines(
    address: Address, token: str, environ: Mapping[str, str], host: str = "", user: str = ""
) -> list[str]:
    """The lines.

    Args:
        address: Where the server listens.
        token: Of its visitors.
        environ: The environment, which tells of proxies.
        host: The name of this machine; empty asks it.
        user: The name of the user; empty asks.
    """
    query = f"?token={quote(token)}"
    host, user = host or socket.gethostname(), user or _user()
    if address.path is not None:
        tunnel = _ssh(f"8000:{address.path}", environ, host, user)
        return [
            f"serving at the Unix socket {address.path}, for this user alone",
            f"from another machine: {tunnel}, then http://localhost:8000/{query}",
        ]
    lines = [f"serving at {_base(address, host)}{query}"]
    if not address.is_local:
        lines.append(_OPEN)
    lines += _proxies(address, query, environ, host)
    if "SSH_CONNECTION" in environ or "SLURM_JOB_ID" in environ:
        target = "localhost" if address.is_everywhere or address.is_local else address.host
        tunnel = _ssh(f"{address.port}:{target}:{address.port}", environ, host, user)
        lines.append(f"from your computer: {tunnel}, then http://localhost:{address.port}/{query}")
    return lines


_OPEN = (
    "it listens beyond this machine, and is not encrypted: whoever can read the network's traffic can read the token; "
    f"{LOCAL} with ssh -L is safer"
)


def _base(address: Address, host: str) -> str:
    name = host if address.is_everywhere else f"[{address.host}]" if ":" in address.host else address.host
    return f"http://{name}:{address.port}/"


def _proxies(address: Address, query: str, environ: Mapping[str, str], host: str) -> Iterator[str]:
    port = address.port
    prefix = environ.get("JUPYTERHUB_SERVICE_PREFIX")
    if prefix:
        hub = environ.get("JUPYTERHUB_PUBLIC_URL") or environ.get("JUPYTERHUB_HOST") or ""
        where = hub.rstrip("/") if "://" in hub else "https://YOUR-HUB"
        where = where.removesuffix(prefix.rstrip("/"))
        yield f"through JupyterHub (jupyter-server-proxy): {where}{prefix.rstrip('/')}/proxy/{port}/{query}"
    elif server := environ.get("JUPYTER_SERVER_URL"):
        yield f"through Jupyter (jupyter-server-proxy): {server.rstrip('/')}/proxy/{port}/{query}"
    if any(name.startswith(("OOD_", "ONDEMAND_")) for name in environ):
        where = "https://YOUR-PORTAL" if not environ.get("OOD_PORTAL_HOST") else f"https://{environ['OOD_PORTAL_HOST']}"
        if address.is_local:
            yield f"Open OnDemand's portal is another machine: serve at {host}:{port} to be seen through it"
        else:
            yield f"through Open OnDemand: {where}/rnode/{host}/{port}/{query}"
    if template := environ.get("VSCODE_PROXY_URI"):
        yield f"through VS Code: {template.replace('{{port}}', str(port)).rstrip('/')}/{query}"
    elif environ.get("TERM_PROGRAM") == "vscode" or "VSCODE_IPC_HOOK_CLI" in environ:
        yield f"VS Code forwards port {port} by itself: follow the first link, or add the port in its view Ports"


def _ssh(forward: str, environ: Mapping[str, str], host: str, user: str) -> str:
    """The command that makes a tunnel, to be typed on the other machine."""
    connection = environ.get("SSH_CONNECTION", "").split()
    login, port = environ.get("SLURM_SUBMIT_HOST", ""), ""
    if "SLURM_JOB_ID" in environ and login and login != host:
        return f"ssh -N -L {forward} -J {user}@{login} {user}@{host}"
    if len(connection) == 4 and connection[3] != "22":
        port = f"-p {connection[3]} "
    return f"ssh -N -L {forward} {port}{user}@{host}"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a number without a name
        return "USER"
