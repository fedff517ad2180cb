"""Whether an address of this container answers: `python docker/healthcheck.py http://127.0.0.1:8000/api/v1`."""

import os
import sys
import urllib.request
from urllib.parse import urlsplit

SECONDS = 4


def main(url: str) -> int:
    # As the proxy would ask: with the public name, and as https where that is demanded.
    public = urlsplit(os.environ.get("PUBLIC_URL", url))
    headers = {"Host": public.netloc, "X-Forwarded-Proto": public.scheme}
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 - our own address
    try:
        with urllib.request.urlopen(request, timeout=SECONDS):  # noqa: S310
            return 0
    except OSError as error:
        sys.stderr.write(f"{url}: {error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
