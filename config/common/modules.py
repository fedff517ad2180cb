"""Which ES modules a module of ours needs, worked out from what they import.

A browser learns of a module's imports when it has read it: a page of five such steps waits for five answers, one after
the other, unless its head names them all.
"""

from __future__ import annotations

import posixpath
import re
from functools import cache
from pathlib import Path

from django.contrib.staticfiles import finders

# Statements begin a line; what comments say of imports does not.
_IMPORT = re.compile(r"""^(?:import|export)\b[^;"'=(]*["'](\.{1,2}/[^"']+)["']""", re.MULTILINE)


@cache
def needed(*names: str) -> tuple[str, ...]:
    """The modules of `names`, below `static/`, and all that they import, each once, the nearest first.

    Worked out once in each process: a file that changes later is one hint too many or too few, and no more.
    """
    found = dict.fromkeys(names)
    waiting = list(found)
    for name in waiting:
        fresh = [one for one in _imports(name) if one not in found]
        found.update(dict.fromkeys(fresh))
        waiting.extend(dict.fromkeys(fresh))
    return tuple(found)


def _imports(name: str) -> list[str]:
    path = finders.find(name)
    if path is None:
        raise FileNotFoundError(f"No module {name} below static/")
    folder = posixpath.dirname(name)
    return [posixpath.normpath(posixpath.join(folder, one)) for one in _IMPORT.findall(Path(path).read_text())]
