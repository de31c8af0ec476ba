#!/usr/bin/env python3
"""Writes sensitive.txt: the attributes of which OpenTelemetry's semantic conventions say at the name that they may hold what is
sensitive or tell of people.

    npm pack @opentelemetry/semantic-conventions@1.45.0
    go/betraceprocessor/testdata/sensitive.py opentelemetry-semantic-conventions-1.45.0.tgz
"""

import re
import sys
import tarfile
from pathlib import Path

NAME = re.compile(r'/\*\*((?:(?!\*/).)*)\*/\s*(?:export )?const ATTR_[A-Z0-9_]+ = "([^"]+)"', re.S)
SAYS = re.compile(r"sensitive \(|sensitive (information|data|details|content)|sensitive content|contain credentials|\bPII\b", re.I)

with tarfile.open(sys.argv[1]) as package:
    files = [one for one in package if re.search(r"/(stable|experimental)_attributes\.mjs$", one.name)]
    texts = [package.extractfile(one).read().decode() for one in files]
names = set()
for text, name in (pair for one in texts for pair in NAME.findall(one)):
    words = " ".join(line.strip().removeprefix("*").strip() for line in text.splitlines())
    if SAYS.search(words):
        names.add(name)
head = f"# Written by sensitive.py from {Path(sys.argv[1]).stem}.\n"
(Path(__file__).resolve().parent / "sensitive.txt").write_text(head + "".join(f"{name}\n" for name in sorted(names)))
