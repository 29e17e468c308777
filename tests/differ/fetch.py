#!/usr/bin/env python3
"""fetch: a URL by urllib: its status and what came, or what went wrong."""
import hashlib
import sys
import time
import urllib.error
import urllib.request


def fetch(url):
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:
            body = answer.read()
            # a large body is generated, by each server in its own way
            print(answer.status, len(body), hashlib.sha256(body).hexdigest() if len(body) < 100000 else "")
            return 0
    except urllib.error.HTTPError as error:
        print("HTTP", error.code, error.reason)
        return 4
    except urllib.error.URLError as error:
        print(type(error.reason).__name__, error.reason)
        return 5


def main():
    if sys.argv[1] == "--wait":
        # the server is just starting
        for _ in range(100):
            try:
                urllib.request.urlopen(sys.argv[2], timeout=20).close()
                break
            except OSError:
                time.sleep(0.05)
    return fetch(sys.argv[-1])


sys.exit(main())
