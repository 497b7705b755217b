"""`python -m benchmarks.contestants NAME PORT`: serve a peer exactly as `gridgate serve` serves the gateway."""

import sys

import uvicorn

from benchmarks.processes import HOST

if __name__ == "__main__":
    name, port = sys.argv[1:]
    uvicorn.run(f"benchmarks.contestants.{name}:create_app", factory=True, host=HOST, port=int(port), log_config=None)
