"""Runs a program at a terminal of its own, and types a line whenever it asks for one.

usage: terminal.py LINES PROGRAM WORD…   (LINES: a JSON list). Prints {"code", "shown"} as JSON.
"""
import json
import os
import pty
import re
import sys

lines = json.loads(sys.argv[1])
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[2], sys.argv[2:])
shown = b""
asked = 0
while True:
    try:
        piece = os.read(terminal, 4096)
    except OSError:  # as Linux says that the other side has ended
        break
    if not piece:
        break
    shown += piece
    questions = len(re.findall(rb"(?:Passphrase|Once more): ", shown))
    while asked < min(questions, len(lines)):
        os.write(terminal, lines[asked].encode() + b"\r")
        asked += 1
_, status = os.waitpid(pid, 0)
print(json.dumps({"code": os.waitstatus_to_exitcode(status), "shown": shown.decode()}))
