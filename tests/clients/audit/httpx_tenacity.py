"""httpx with tenacity: every failed call again, up to four times, with random exponential waits."""

import os

import httpx
import tenacity

client = httpx.Client(base_url=os.environ["STANDIN_BASE_URL"], headers={"Authorization": os.environ["STANDIN_CREDENTIAL"]})


@tenacity.retry(
    stop=tenacity.stop_after_attempt(4),
    wait=tenacity.wait_random_exponential(multiplier=0.1, max=5),
    retry=tenacity.retry_if_exception_type(httpx.HTTPError),
    reraise=True,
)
def call(method, path, **options):
    return client.request(method, path, **options).raise_for_status().json()


page, pages = 1, 1
while page <= pages:
    pages = call("GET", "/channels", params={"page": page, "per_page": 1})["meta"]["pagination"]["total_pages"]
    page += 1
created = call("POST", "/channels", json={"name": "Audited"})
assert call("GET", f"/channels/{created['data']['id']}")["data"]["name"] == "Audited"
