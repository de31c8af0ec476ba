"""Fifteen calls: of each of three clients one that is answered, a 404, a 503, one that times out and one that is refused."""

import contextlib
import os

import httpx
import requests
import urllib3

UPSTREAM, REFUSED = os.environ["UPSTREAM"], os.environ["REFUSED"]
URLS = [f"{UPSTREAM}/orders/7?access_token=secret", f"{UPSTREAM}/status/404", f"{UPSTREAM}/status/503", f"{UPSTREAM}/slow", REFUSED]

pool = urllib3.PoolManager(retries=False)
for url in URLS:
    with contextlib.suppress(requests.RequestException):
        requests.get(url, timeout=0.5)
    with contextlib.suppress(httpx.HTTPError):
        httpx.get(url, timeout=0.5)
    with contextlib.suppress(urllib3.exceptions.HTTPError):
        pool.request("GET", url, timeout=0.5)
