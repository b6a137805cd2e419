"""Runs the program argv[1:] in a pseudo-terminal. Its output goes to stdout, and stdin is typed into
the terminal; the input "hang up" closes the terminal. The last line says how the program ended."""

import os
import pty
import select
import sys

child, terminal = pty.fork()
if child == 0:
    os.execvp(sys.argv[1], sys.argv[1:])

sources = [terminal, 0]
while terminal in sources:
    for source in select.select(sources, [], [])[0]:
        try:
            data = os.read(source, 4096)
        except OSError:  # The program has closed its side.
            data = b""
        if not data:
            sources.remove(source)
        elif source == terminal:
            os.write(1, data)
        elif data.startswith(b"hang up"):
            os.close(terminal)
            sources.remove(terminal)
            break
        else:
            os.write(terminal, data)

status = os.waitpid(child, 0)[1]
signal = os.WTERMSIG(status) if os.WIFSIGNALED(status) else None
print(f"\nended with {os.WEXITSTATUS(status) if signal is None else f'signal {signal}'}", flush=True)
