"""urllib3 with its Retry; the statuses are those of the example in its documentation."""

import os

import urllib3

retry = urllib3.Retry(total=3, backoff_factor=0.1, status_forcelist=[500, 502, 503, 504])
http = urllib3.PoolManager(retries=retry, headers={"Authorization": os.environ["STANDIN_CREDENTIAL"]})


def call(method, path, **options):
    response = http.request(method, os.environ["STANDIN_BASE_URL"] + path, **options)
    if response.status >= 400:
        raise SystemExit(f"{method} {path}: {response.status}")
    return response.json()


page, pages = 1, 1
while page <= pages:
    pages = call("GET", f"/channels?page={page}&per_page=1")["meta"]["pagination"]["total_pages"]
    page += 1
created = call("POST", "/channels", json={"name": "Audited"})
assert call("GET", f"/channels/{created['data']['id']}")["data"]["name"] == "Audited"
