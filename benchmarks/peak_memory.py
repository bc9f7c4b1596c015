"""Run a command and print, as JSON, its peak resident memory, CPU seconds and wall time.

A process of its own, and a small one: on Linux a child counts the memory of the process that
started it as its own peak.
"""

import json
import os
import subprocess
import sys
import time


def main(command: list[str]) -> None:
    """Run the command, and print what it took as the last line."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    # Linux states the peak in KiB, macOS in bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    took = {
        "code": process.returncode,
        "peak_mb": used.ru_maxrss * unit / 1e6,
        "cpu_s": used.ru_utime + used.ru_stime,
        "wall_s": time.perf_counter() - start,
    }
    print(json.dumps(took))  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1:])
