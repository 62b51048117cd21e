"""Runs a command and writes what it took to a file descriptor, as JSON.

A process of its own, small: the largest resident memory that the kernel tells of a process counts from before its
`exec`, when it still was a copy of its parent, and the bench itself is larger than much of what it measures.
"""

import json
import os
import subprocess
import sys
import time


def main() -> None:
    """`launcher.py FD COMMAND...`; ends with the command's own status."""
    descriptor, command = int(sys.argv[1]), sys.argv[2:]
    begin = time.perf_counter()
    process = subprocess.Popen(command)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    took = {"seconds": seconds, "cpu": usage.ru_utime + usage.ru_stime, "peak": usage.ru_maxrss * 1024}
    os.write(descriptor, json.dumps(took).encode())
    sys.exit(process.returncode if process.returncode >= 0 else 128 - process.returncode)


main()
