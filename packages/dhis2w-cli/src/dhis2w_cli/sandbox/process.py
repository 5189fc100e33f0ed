"""`python -m dhis2w_cli.sandbox.process OPTIONS`: the sandbox as `d2w sandbox start --background` runs it."""

from __future__ import annotations

import json
import os
import signal
import sys
import time

from dhis2w_cli.sandbox.background import RunningSandbox, SandboxOptions, life_lock, write_state
from dhis2w_sandbox import Sandbox


def main() -> None:
    """Serve until somebody ends the process."""
    options = SandboxOptions(**json.loads(sys.argv[1]))
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    lock = life_lock()
    lock.acquire()
    try:
        with (
            Sandbox(options.version, empty=options.empty, database=options.database) as sandbox,
            sandbox.serve(options.port) as url,
        ):
            release = sandbox.server.behaviour.release
            write_state(RunningSandbox(url, os.getpid(), release, sandbox.pat(), options))
            while True:
                time.sleep(3600)
    except KeyboardInterrupt:
        pass
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)
    finally:
        lock.release()


if __name__ == "__main__":
    main()
