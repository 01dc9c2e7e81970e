"""The window itself: `python -m autoviz_render.views.window.window_process`; see the package for what it reads.

It comes to the front when it opens, as the window system has it, and never again: nothing here raises it or takes the
keyboard.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from dataclasses import dataclass
from typing import Any

_MARK = "AUTOVIZ_RENDER_WORKER"
_POLL = 40  # milliseconds between two looks whether there is something new
_MOST_PIXELS = 1 << 27
_ZOOM = 1.25
_SHARE_OF_SCREEN = 0.8
_NO_TKINTER = "there is no tkinter, with which windows are made: install it (Debian and Ubuntu: apt install python3-tk)"
_NO_DISPLAY = "there is no display to open a window on ({}); over ssh, connect by ssh -X, or use --serve or --preview"


def say(what: dict[str, Any]) -> None:
    """Tell the program that opened the window."""
    try:
        os.write(1, f"{os.environ.get(_MARK, '')} {json.dumps(what)}\n".encode())
    except OSError:  # it is gone
        os._exit(0)


@dataclass
class Zoom:
    """How a picture is seen.

    Attributes:
        factor: Times the size at which all of it fits.
        x, y: The place of the picture that is in the middle of the window, as shares of its width and height.
    """

    factor: float = 1.0
    x: float = 0.5
    y: float = 0.5


def placed(picture: tuple[int, int], window: tuple[int, int], zoom: Zoom) -> tuple[float, tuple[int, int, int, int]]:
    """What of a picture is seen, and how large.

    Args:
        picture, window: Their sizes in pixels.
        zoom: How it is seen; its middle is moved so that the window is filled as far as the picture goes.

    Returns:
        Pixels of the window a pixel of the picture, and the part that is seen: left, top, right, bottom.
    """
    fit = min(window[0] / picture[0], window[1] / picture[1])
    scale = fit * zoom.factor
    seen = [min(picture[axis], window[axis] / scale) for axis in (0, 1)]
    zoom.x = min(max(zoom.x, seen[0] / picture[0] / 2), 1 - seen[0] / picture[0] / 2)
    zoom.y = min(max(zoom.y, seen[1] / picture[1] / 2), 1 - seen[1] / picture[1] / 2)
    left, top = zoom.x * picture[0] - seen[0] / 2, zoom.y * picture[1] - seen[1] / 2
    box = (left, top, left + seen[0], top + seen[1])
    return scale, (int(box[0]), int(box[1]), max(int(box[2]), int(box[0]) + 1), max(int(box[3]), int(box[1]) + 1))


def main() -> int:
    try:
        import tkinter
    except ImportError:
        say({"fault": _NO_TKINTER})
        return 1
    try:
        from PIL import Image, ImageTk
    except ImportError as error:
        say({"fault": f"Pillow cannot make pictures for tkinter: {error}"})
        return 1
    try:
        root = tkinter.Tk(className="autoviz-render")
    except tkinter.TclError as error:
        say({"fault": _NO_DISPLAY.format(" ".join(str(error).split()))})
        return 1
    Image.MAX_IMAGE_PIXELS = _MOST_PIXELS
    _Shown(root, tkinter, Image, ImageTk)
    say({"is_open": True})
    root.mainloop()
    say({"is_closed": True})
    return 0


class _Shown:
    """The picture and the line below it."""

    def __init__(self, root: Any, tk: Any, image: Any, image_tk: Any) -> None:
        self._root, self._image, self._image_tk = root, image, image_tk
        self._told: dict[str, Any] = {}
        self._newest: dict[str, Any] | None = None  # what came, until it is shown
        self._is_over = False
        self._picture: Any = None
        self._photo: Any = None
        self._zoom = Zoom()
        self._is_sized = False
        self._drag: tuple[int, int] | None = None
        root.geometry("900x640")
        root.title("autoviz-render")
        self._line = tk.Label(root, anchor="w", padx=8, pady=3)
        self._hint = tk.Label(root, anchor="e", padx=8, pady=3)
        self._canvas = tk.Canvas(root, highlightthickness=0)
        foot = tk.Frame(root)
        self._foot = foot
        foot.pack(side="bottom", fill="x")
        self._hint.pack(in_=foot, side="right")
        self._line.pack(in_=foot, side="left", fill="x", expand=True)
        self._hint.lift()
        self._line.lift()
        self._canvas.pack(side="top", fill="both", expand=True)
        self._bind()
        threading.Thread(target=self._read, daemon=True).start()
        root.after(0, self._look)

    def _bind(self) -> None:
        root, canvas = self._root, self._canvas
        for key in ("Left", "Right", "Up", "Down", "f"):
            root.bind(f"<{key}>" if len(key) > 1 else key, lambda _, key=key: say({"key": key}))
        for keys, factor in ((("plus", "equal", "KP_Add"), _ZOOM), (("minus", "KP_Subtract"), 1 / _ZOOM)):
            for key in keys:
                root.bind(f"<{key}>", lambda _, factor=factor: self._zoom_by(factor))
        for key in ("Key-0", "KP_0"):
            root.bind(f"<{key}>", lambda _: self._zoom_by(0.0))
        for key in ("q", "Control-w"):
            root.bind(f"<{key}>", lambda _: root.destroy())
        canvas.bind("<Configure>", lambda _: self._draw())
        canvas.bind("<MouseWheel>", lambda event: self._zoom_by(_ZOOM if event.delta > 0 else 1 / _ZOOM, event))
        canvas.bind("<Button-4>", lambda event: self._zoom_by(_ZOOM, event))
        canvas.bind("<Button-5>", lambda event: self._zoom_by(1 / _ZOOM, event))
        canvas.bind("<Button-1>", lambda event: setattr(self, "_drag", (event.x, event.y)))
        canvas.bind("<B1-Motion>", self._pan)

    def _read(self) -> None:
        for line in sys.stdin:
            self._newest = json.loads(line)
        self._is_over = True

    def _look(self) -> None:
        if self._is_over:
            self._root.destroy()
            return
        newest, self._newest = self._newest, None
        if newest is not None:
            self._take(newest)
        self._root.after(_POLL, self._look)

    def _take(self, told: dict[str, Any]) -> None:
        before, self._told = self._told, told
        self._root.title(_shown_by_tk(told["title"]))
        self._line.configure(text=_shown_by_tk(told["line"]))
        self._hint.configure(text=told["hint"])
        if (told["file"], told["version"]) != (before.get("file"), before.get("version")):
            if told["file"] != before.get("file"):
                self._zoom = Zoom()
            self._picture = self._opened(told["file"])
            self._fit_window()
            self._draw()
        elif told.get("empty") != before.get("empty"):
            self._draw()

    def _opened(self, file: str | None) -> Any:
        """The picture in a file, or the one before if it cannot be read; None if there is no file."""
        if file is None:
            return None
        try:
            with (
                open(os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as source,
                self._image.open(source, formats=("PNG", "WEBP", "JPEG")) as picture,
            ):
                return picture.convert("RGB")
        except Exception:  # noqa: BLE001  a stranger's file
            return self._picture

    def _fit_window(self) -> None:
        """Give the window the picture's shape, once: afterwards its size is the person's."""
        if self._picture is None or self._is_sized:
            return
        self._is_sized = True
        room = self._root.winfo_screenwidth(), self._root.winfo_screenheight()
        scale = min(1.0, *(_SHARE_OF_SCREEN * room[axis] / self._picture.size[axis] for axis in (0, 1)))
        width, height = (round(scale * each) for each in self._picture.size)
        self._root.geometry(f"{width}x{height + self._foot.winfo_reqheight()}")

    def _draw(self) -> None:
        canvas = self._canvas
        window = canvas.winfo_width(), canvas.winfo_height()
        canvas.delete("all")
        if min(window) < 8:
            return
        if self._picture is None:
            canvas.create_text(window[0] // 2, window[1] // 2, text=_shown_by_tk(self._told.get("empty") or ""))
            return
        scale, box = placed(self._picture.size, window, self._zoom)
        size = max(1, round((box[2] - box[0]) * scale)), max(1, round((box[3] - box[1]) * scale))
        how = self._image.Resampling.LANCZOS if scale < 1 else self._image.Resampling.NEAREST
        self._photo = self._image_tk.PhotoImage(self._picture.resize(size, how, box=box, reducing_gap=2.0))
        canvas.create_image(window[0] // 2, window[1] // 2, image=self._photo)
        self._colour(self._picture.getpixel((0, 0)))

    def _colour(self, pixel: tuple[int, int, int]) -> None:
        """The colours of what is around a picture: those of its own margin."""
        back = "#{:02x}{:02x}{:02x}".format(*pixel)
        front = "#202020" if sum(pixel) > 3 * 128 else "#d8d8d8"
        for each in (self._canvas, self._foot, self._line, self._hint):
            each.configure(background=back)
        for each in (self._line, self._hint):
            each.configure(foreground=front)

    def _zoom_by(self, factor: float, at: Any = None) -> None:
        """Zoom, about the pointer if there is one; 0 shows all of the picture."""
        if self._picture is None:
            return
        before = self._zoom.factor
        self._zoom.factor = min(max(before * factor, 1.0), 64.0) if factor else 1.0
        if at is not None:
            self._move((at.x - self._canvas.winfo_width() / 2), (at.y - self._canvas.winfo_height() / 2), before)
        self._draw()

    def _move(self, x: float, y: float, before: float) -> None:
        """Keep what is under the pointer where it is."""
        window = self._canvas.winfo_width(), self._canvas.winfo_height()
        fit = min(window[0] / self._picture.width, window[1] / self._picture.height)
        gain = 1 / (fit * before) - 1 / (fit * self._zoom.factor)
        self._zoom.x += x * gain / self._picture.width
        self._zoom.y += y * gain / self._picture.height

    def _pan(self, event: Any) -> None:
        if self._drag is None or self._picture is None:
            return
        window = self._canvas.winfo_width(), self._canvas.winfo_height()
        scale = self._zoom.factor * min(window[0] / self._picture.width, window[1] / self._picture.height)
        self._zoom.x -= (event.x - self._drag[0]) / scale / self._picture.width
        self._zoom.y -= (event.y - self._drag[1]) / scale / self._picture.height
        self._drag = (event.x, event.y)
        self._draw()


def _shown_by_tk(text: str) -> str:
    """Tk 8.6 can end the program over characters beyond the first 65,536: those are written as escapes."""
    return "".join(each if ord(each) < 0x10000 else f"\\U{ord(each):08x}" for each in text)


if __name__ == "__main__":
    sys.exit(main())
