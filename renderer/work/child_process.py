"""A process of ours beside the user's: it leads a group, hears by a pipe, and ends with all that it started."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import weakref
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, cast

from autoviz_render.renderer.work.subprocess_env import child_environment
from autoviz_render.spool.system.process_alive import started_at

MARK = "AUTOVIZ_RENDER_WORKER"
"""The environment variable by which what a child says, and the processes that it starts, are told from others."""

_LONGEST_LINE = 1 << 20  # bytes
_ROUNDS = 5  # of looking for processes that start others meanwhile


class ChildProcess:
    """A process that starts at once, with the environment of `child_environment` and a mark.

    It leads a group, but no session: Ctrl-C in a terminal is not for it, and Linux shares the processors among sessions
    (`sched_autogroup`).

    Args:
        command: What to run.
        stdout: As for `subprocess.Popen`.
        stderr: As for `subprocess.Popen`.
        stdin: As for `subprocess.Popen`. If it is no pipe, `tell` and `close_input` are not for this child.
        pass_fds: Descriptors that it gets under the same numbers.
        is_untrusted: Whether it runs strangers' code. If so, the command ends with the number of a descriptor whose
            other end closes when this process ends, however that happens; and `kill` looks for processes that left the
            group.

    Attributes:
        mark: What the variable `MARK` holds in the child's environment.

    Raises:
        OSError: The process cannot be started.
        TypeError: The command is not text: an embedded Python does not know its program.
    """

    def __init__(
        self,
        command: Sequence[str],
        stdout: int | IO[bytes],
        stderr: int | None = None,
        *,
        stdin: int = subprocess.PIPE,
        pass_fds: Sequence[int] = (),
        is_untrusted: bool = False,
    ) -> None:
        self.mark = os.urandom(16).hex()
        ends: tuple[int, ...] = os.pipe() if is_untrusted and os.name != "nt" else ()
        try:
            self._process = subprocess.Popen(
                [*command, *map(str, ends[:1])],
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
                env=child_environment(os.environ) | {MARK: self.mark},
                pass_fds=(*pass_fds, *ends[:1]),
                process_group=None if os.name == "nt" else 0,
            )
        except BaseException:
            _close(ends)
            raise
        _close(ends[:1])
        self._lifeline = ends[1:]
        self._input = self._process.stdin
        self._started = started_at(self.pid) if is_untrusted else None
        _children.add(self)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """How it ended, negative for a signal; None while it runs."""
        return self._process.poll()

    def tell(self, line: str) -> None:
        """Write to its standard input; whether anybody reads it is for the exit code to say."""
        with contextlib.suppress(OSError, ValueError):  # it died, or its pipe is closed
            if self._input is not None:
                self._input.write(line.encode())
                self._input.flush()

    def marked_lines(self) -> Iterator[bytes]:
        """What it writes after its mark, line by line: a figure's code may write to any descriptor, too."""
        mark = self.mark.encode() + b" "
        with contextlib.suppress(OSError, ValueError), cast(IO[bytes], self._process.stdout) as source:
            while line := source.readline(_LONGEST_LINE):
                if line.startswith(mark):
                    yield line.removeprefix(mark)

    def wait(self, timeout: float) -> int | None:
        """Wait for its end; its exit code, None if it still runs after `timeout` seconds."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout)
        return self._process.returncode

    def has_ended(self, within: float = 0.0) -> bool:
        """Whether it ends within some seconds. If the system allows it, its number stays its own, and its group's."""
        with contextlib.suppress(OSError, AttributeError):  # a kernel before 5.3, another system; or it was waited for
            end = select.poll()
            with open(os.pidfd_open(self.pid), "rb", buffering=0) as descriptor:
                end.register(descriptor, select.POLLIN)
                return bool(end.poll(within * 1000))
        return self.wait(within) is not None

    def close_input(self) -> None:
        """End its standard input: it is asked to come to an end."""
        with contextlib.suppress(OSError):
            if self._input is not None:
                self._input.close()

    def kill(self) -> int:
        """End it, whatever it does, and its group; on Linux, those that left the group, too, if it is untrusted.

        Returns:
            Its exit code.
        """
        if os.name != "nt":
            with contextlib.suppress(ProcessLookupError, PermissionError):  # all gone; on macOS, only zombies left
                os.killpg(self.pid, signal.SIGKILL)  # a stopped or hung process, too
        self._process.kill()
        for _ in range(_ROUNDS):
            strays = self._strays()
            for pid in strays:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
            if not strays:
                break
        code = self.wait(1.0)  # but not for one that waits for a dead disk: the system ends that one when it can
        self._close_pipes()
        return -signal.SIGKILL if code is None else code

    def let_go(self) -> None:
        """Leave it on its own, and close the pipes to it."""
        self._close_pipes()
        self._process.returncode = 0  # Popen must not complain that it still runs

    def _close_pipes(self) -> None:
        self.close_input()
        _close(self._lifeline)
        self._lifeline = ()

    def _strays(self) -> list[int]:
        """The processes that left its group, as far as the system tells."""
        if self._started is None:
            return []
        return [int(name) for name in os.listdir("/proc") if name.isdecimal() and self._is_stray(int(name))]

    def _is_stray(self, pid: int) -> bool:
        """Whether a process bears the mark.

        Only this user's that are no older are asked: to read the environment of one that hangs may take a while.
        """
        folder, oldest = Path(f"/proc/{pid}"), self._started or 0
        with contextlib.suppress(OSError):  # gone, or not ours to read
            if pid != self.pid and folder.stat().st_uid == os.geteuid() and (started_at(pid) or -1) >= oldest:
                return self.mark.encode() in (folder / "environ").read_bytes()
        return False


_children: weakref.WeakSet[ChildProcess] = weakref.WeakSet()


def _let_go_in_forked_child() -> None:
    """A forked worker of the user's would keep the pipes open, by which a child learns that its parent is gone."""
    for child in list(_children):
        child.let_go()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go_in_forked_child)


def how_it_ended(code: int) -> str:
    """The words for an exit code."""
    return f"by signal {-code}" if code < 0 else f"with exit code {code}"


def _close(descriptors: Sequence[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)
