"""Runs inside gdb for walk.py: stops at every function of the walked crates and writes down who called it.

Takes from the environment WALK_PLAN, a JSON file {"roots": [folder of sources, …], "functions": [[address, name], …],
"entries": [name, …]}, and writes to WALK_CALLS the calls below each entry, in the order in which each was seen first:
{entry: [[[file, name] of the function called, [[file, name] of what stood on the stack, the caller first], …], …]}.
Functions that no source file of the roots holds (glue, the standard library) are passed over, and so is what `derive` writes.
"""

import bisect
import json
import linecache
import os
import re

import gdb

with open(os.environ["WALK_PLAN"], encoding="utf-8") as plan:
    PLAN = json.load(plan)

CLOSURE = re.compile(r"(::\{\{closure\}\}|::\{closure[^}]*\})+$")


def start_of_program():
    """Runs up to `main` and returns by how much the loader moved the addresses."""
    for setting in ("pagination off", "confirm off", "print thread-events off", "breakpoint pending off"):
        gdb.execute(f"set {setting}")
    gdb.execute("break main", to_string=True)
    gdb.execute("run", to_string=True)
    gdb.execute("delete", to_string=True)
    linked = next(address for address, name in PLAN["functions"] if name == "main")
    return int(gdb.parse_and_eval("(unsigned long) &main")) - linked


def functions(moved):
    """Every function of the roots by its address; a closure counts as the function that it stands in."""
    found = {}
    for address, name in PLAN["functions"]:
        place = gdb.find_pc_line(address + moved)
        if place.symtab is None:
            continue
        path = place.symtab.fullname()
        root = next((root for root in PLAN["roots"] if f"/{root}" in path), None)
        if root is None or "#[derive(" in linecache.getline(path, place.line):
            continue
        found[address + moved] = (path[path.index(f"/{root}") + 1 :], CLOSURE.sub("", name))
    return found


class Recorder:
    def __init__(self, found):
        self.found = found
        # What is passed over begins somewhere too, and is not part of the function before it.
        self.starts = sorted({address + MOVED for address, _ in PLAN["functions"]} | set(found))
        self.calls = {entry: [] for entry in PLAN["entries"]}
        self.seen = set()

    def record(self):
        frame = gdb.newest_frame()
        called = self.found[frame.pc()]
        stack = [called]
        while stack[-1][1] not in self.calls:
            frame = frame.older()
            if frame is None:
                return
            place = frame.find_sal().symtab
            if place is None or not any(f"/{root}" in place.fullname() for root in PLAN["roots"]):
                continue
            # A return address behind a last call may stand at the next function's first byte.
            at = bisect.bisect_right(self.starts, frame.pc() - 1) - 1
            if at >= 0 and self.starts[at] in self.found:
                stack.append(self.found[self.starts[at]])
        entry = stack[-1][1]
        caller = stack[1] if len(stack) > 1 else None
        if (entry, caller, called) not in self.seen:
            self.seen.add((entry, caller, called))
            self.calls[entry].append([called, stack[1:]])


class Stop(gdb.Breakpoint):
    recorder = None

    def stop(self):
        self.recorder.record()
        return False


MOVED = start_of_program()
Stop.recorder = Recorder(functions(MOVED))
for start in Stop.recorder.found:
    Stop(f"*{start:#x}", internal=True)
gdb.execute("continue", to_string=True)
with open(os.environ["WALK_CALLS"], "w", encoding="utf-8") as out:
    json.dump(Stop.recorder.calls, out)
