#!/usr/bin/env python3
"""Walks the house and counts how often one must go back.

    docs/walks/walk.py [--bytes N] [--text N] [--page FILE [--write]] [--calls]

Two walks are taken through a run of rust/engine/examples/walk.rs, stopped by gdb at every function of the crate:

  bytes  what one message meets, from the entry of `Engine::consume` to the finding it settles (rust/engine/src)
  text   what a rule's text meets, from `load` to the checked rule (rust/lang/src)

Each prints its files in the order in which calls enter them, and its *returns*. With a bound (`--bytes 13 --text 4`) the
exit is 1 when a walk has more returns from one room into another than that, and with `--page docs/architecture.md` when a list of files on that page is not
what was walked; `--write` writes it anew. Needs Python 3, cargo, gdb and nm; the same build gives the same output.

A **return** is a call by which a reader who follows the run has to go back. It counts when

  * it enters another file than the caller's, and that file was entered before;
  * the function it enters is not at work already: a recursion, or a closure that is called back (which is part of the
    function it stands in), goes on where the reader has a finger in the book;
  * it leads on: below it a further file is entered. A call that ends within the file it enters, such as the reading of a
    varint or of a field of a record, is a word looked up and laid down again, like a call of the standard library;
  * it is the first such call from that file into the other.

The bound is on returns from one room into another (a room is a folder of the sources, or a file beside the folders): within a
room files may lean on each other.

A **stay** is the first entry of a file, or a return. What `derive` writes, other crates and tests are set aside. Every call
counts once, when it is seen first, so that a thousand spans walk as three do; `--calls` prints them all.
"""

import argparse
import itertools
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

# The walks: the crate's sources, the crate, and the end of the path of the function that the walk begins with.
WALKS = {
    "bytes": ("rust/engine/src/", "betrace_engine", "Engine::consume"),
    "text": ("rust/lang/src/", "betrace_lang", "load::load"),
}

HERE = pathlib.Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent


def fail(message):
    print(f"walk.py: {message}", file=sys.stderr)
    sys.exit(2)


def build():
    """The example's path. Built without optimisation, where every call of the source is a call of the program."""
    command = ["cargo", "build", "--locked", "-p", "betrace-engine", "--example", "walk", "--message-format=json-render-diagnostics"]
    levels = {"CARGO_PROFILE_DEV_OPT_LEVEL": "0", "CARGO_PROFILE_DEV_DEBUG": "line-tables-only"}
    built = subprocess.run(command, cwd=REPOSITORY, env={**os.environ, **levels}, stdout=subprocess.PIPE, text=True, check=False)
    if built.returncode != 0:
        fail("the example does not build")
    messages = (json.loads(line) for line in built.stdout.splitlines())
    return next(message["executable"] for message in messages if message.get("executable"))


def functions(program):
    """Every function of the program: its address and its name."""
    symbols = subprocess.run(["nm", "--demangle", "--defined-only", program], capture_output=True, text=True, check=True)
    lines = (line.split(maxsplit=2) for line in symbols.stdout.splitlines())
    return [(int(address, 16), name) for address, kind, name in lines if kind in "tTwW"]


def entry_of(known, crate, end):
    """The one function of the crate whose path ends so."""
    found = {name for _, name in known if re.fullmatch(rf"{crate}::(\w+::)*{end}", name)}
    if len(found) != 1:
        fail(f"{crate} has {len(found)} functions …::{end}; name the beginning of the walk anew in WALKS: {sorted(found)}")
    return found.pop()


def record(program):
    """By walk, its entry and the calls below it, each when it is seen first: the function called and the stack above it."""
    known = functions(program)
    entries = {walk: entry_of(known, crate, end) for walk, (_, crate, end) in WALKS.items()}
    plan = {"functions": known, "roots": [root for root, _, _ in WALKS.values()], "entries": list(entries.values())}
    with tempfile.TemporaryDirectory() as folder:
        paths = {"WALK_PLAN": f"{folder}/plan.json", "WALK_CALLS": f"{folder}/calls.json"}
        pathlib.Path(paths["WALK_PLAN"]).write_text(json.dumps(plan), encoding="utf-8")
        gdb = ["gdb", "-nx", "-batch", "-iex", "set auto-load off", "-x", HERE / "calls.py", "--args", program, HERE / "rules.yaml"]
        run = subprocess.run(gdb, env={**os.environ, **paths}, capture_output=True, text=True, check=False)
        if not os.path.exists(paths["WALK_CALLS"]) or "1 rules, 1 findings" not in run.stdout:
            fail(f"gdb did not come to the end:\n{run.stdout}{run.stderr}")
        calls = json.loads(pathlib.Path(paths["WALK_CALLS"]).read_text(encoding="utf-8"))
    found = {}
    for walk, entry in entries.items():
        found[walk] = (entry, [(tuple(called), [tuple(above) for above in stack]) for called, stack in calls[entry]])
    return found


def first_sentence(file):
    """What a file says of itself first, in at most 110 characters."""
    said = itertools.takewhile(lambda line: line.startswith("//! "), (REPOSITORY / file).read_text(encoding="utf-8").splitlines())
    text = " ".join(line[4:] for line in said)
    sentence = re.sub(r"\[`?([^`\]]*)`?\](\([^)]*\))?", r"\1", re.split(r"(?<=\.) ", text)[0]).replace("`", "").removesuffix(".")
    return sentence if len(sentence) <= 110 else sentence[:110].rsplit(" ", 1)[0] + " …"


def checked_page(page, name, walk, writes):
    """Whether the page names the walk's files in their order, in a block that begins with ```walk NAME."""
    text = page.read_text(encoding="utf-8")
    begin = text.index(f"```walk {name}\n") + len(f"```walk {name}\n")
    end = text.index("```", begin)
    named = [line.split()[0] for line in text[begin:end].splitlines()]
    if writes:
        page.write_text(text[:begin] + walk.listed() + text[end:], encoding="utf-8")
    elif named != [file[len(walk.root) :] for file in walk.files]:
        print(f"{page}: the walk of {name} is another one now; `make walks WRITE=1` writes it anew\n")
        return False
    return True


class Walk:
    """What one walk came through."""

    def __init__(self, root, calls):
        self.root = root
        inside = [(called, [above for above in stack if above[0].startswith(root)]) for called, stack in calls]
        self.calls = [(called, stack) for called, stack in inside if called[0].startswith(root)]
        self.below = {}
        for called, stack in self.calls[1:]:
            self.below.setdefault(stack[0], set()).add(called)
        self.files = [self.calls[0][0][0]]
        self.entered_by = {self.files[0]: None}
        self.returns = []
        self.follow()

    def leads_on(self, function):
        """A file besides its own is entered below this function."""
        seen, wait = set(), [function]
        while wait:
            at = wait.pop()
            if at[0] != function[0]:
                return True
            if at not in seen:
                seen.add(at)
                wait.extend(self.below.get(at, ()))
        return False

    def follow(self):
        counted = set()
        for called, stack in self.calls[1:]:
            caller, pair = stack[0], (stack[0][0], called[0])
            if pair[0] == pair[1] or pair in counted:
                continue
            if pair[1] not in self.entered_by:
                self.files.append(pair[1])
                self.entered_by[pair[1]] = (caller, called)
                counted.add(pair)
            elif called not in stack and self.leads_on(called):
                self.returns.append((caller, called))
                counted.add(pair)

    def short(self, function):
        """`file Type::method` or `file module::function`."""
        file, name = function
        within, last = re.sub(r"::<.*>$", "", name).rsplit("::", 1)
        words = re.findall(r"\w+", re.sub(r"(?<=\w)<[^<>]*>", "", within.split(" as ")[0]))
        return f"{file[len(self.root):]} {words[-1]}::{last}"

    def listed(self):
        """The walk for a page: each file and what it says of itself first."""
        return "".join(f"{file[len(self.root):]:32} {first_sentence(file)}\n" for file in self.files)

    def room(self, file):
        return file[len(self.root) :].split("/")[0].removesuffix(".rs")

    def apart(self):
        """How many returns lead into another room."""
        return sum(self.room(caller[0]) != self.room(called[0]) for caller, called in self.returns)

    def show(self, name, entry, bound, all_calls):
        rooms = {self.room(file) for file in self.files}
        stays = len(self.files) + len(self.returns)
        limit = "" if bound is None else f", at most {bound}"
        print(f"{name}: from {entry}, {self.root}")
        print(f"  {len(self.files)} files in {len(rooms)} rooms, {stays} stays, {len(self.returns)} returns, {self.apart()} of them into another room{limit}")
        for number, file in enumerate(self.files, 1):
            by = self.entered_by[file]
            why = "" if by is None else f"{self.short(by[0])} ▸ {self.short(by[1]).split(' ', 1)[1]}"
            print(f"  {number:3} {file[len(self.root):]:32} {why}".rstrip())
        print("  returns:" if self.returns else "  no returns")
        for caller, called in self.returns:
            print(f"      {self.short(caller)} ▸ {self.short(called)}")
        if all_calls:
            print("  calls:")
            for called, stack in self.calls[1:]:
                print(f"      {self.short(stack[0])} ▸ {self.short(called)}")
        print()


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in WALKS:
        arguments.add_argument(f"--{name}", type=int, metavar="N", help=f"at most N returns of {name} into another room")
    arguments.add_argument("--page", type=pathlib.Path, metavar="FILE", help="check the lists of files on this page")
    arguments.add_argument("--write", action="store_true", help="with --page: write them anew")
    arguments.add_argument("--calls", action="store_true", help="print every distinct call too")
    options = vars(arguments.parse_args())
    for tool in ("cargo", "gdb", "nm"):
        if shutil.which(tool) is None:
            fail(f"{tool} is not installed")
    is_good = True
    for name, (entry, calls) in record(build()).items():
        walk = Walk(WALKS[name][0], calls)
        walk.show(name, entry, options[name], options["calls"])
        is_good &= options[name] is None or walk.apart() <= options[name]
        is_good &= options["page"] is None or checked_page(options["page"], name, walk, options["write"])
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
