"""The application: who may have what, by its address. `autoviz_render.views.server` says what there is."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

import autoviz_render
from autoviz_render.renderer.settings import RenderSettings
from autoviz_render.spool.errors import SpoolError
from autoviz_render.views.model.feed import Feed
from autoviz_render.views.model.run_view import FigureView, FrameView, RunView
from autoviz_render.views.server import answers
from autoviz_render.views.server.access import Access, Visitor
from autoviz_render.views.server.announcements import Announcements, encoded
from autoviz_render.views.server.connection import Bounds
from autoviz_render.views.server.drawing import BusyError, Drawer, Drawn, Wanted
from autoviz_render.views.server.draws import AskError, Asked, status_of_result
from autoviz_render.views.server.frames import TYPES, Frame, Frames, Stamp, read_picture, stamp_of
from autoviz_render.views.server.known_runs import KnownRuns, checked, figure_named
from autoviz_render.views.server.pages import Pages
from autoviz_render.views.server.streams import Streams, message

log = logging.getLogger("autoviz_render.views")

T = TypeVar("T")
Handler = Callable[[Request, Visitor, tuple[str, ...]], Awaitable[Response]]
