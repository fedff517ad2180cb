import json
import pathlib
import time
import urllib.request

API, KEY = "{{ base_url }}/api/v1", "{{ shown_key }}"
FILE = pathlib.Path("meeting.mp3")


def call(path, body=None):
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(API + path, data, headers)) as answer:
        return answer.read().decode()


def put(url, data, headers):
    urllib.request.urlopen(urllib.request.Request(url, data, headers, method="PUT")).close()


opened = json.loads(call("/media/uploads", {"filename": FILE.name, "size": FILE.stat().st_size}))
upload = opened["upload"]
if upload["strategy"] == "single":
    put(upload["url"], FILE.read_bytes(), upload["headers"])
else:
    with FILE.open("rb") as file:
        for part in upload["parts"]:
            put(part["url"], file.read(upload["part_size"]), {"Content-Type": "application/octet-stream"})
call(f"/media/uploads/{upload['id']}/complete", {})

job = json.loads(call("/jobs", {"media": opened["media"]["id"]}))
while job["status"] in ("queued", "processing"):
    job = json.loads(call(f"/jobs/{job['id']}?wait=30"))
    time.sleep(1)
if job["status"] != "completed":
    raise SystemExit(job["error"] or job["status"])
print(call(f"/jobs/{job['id']}/download?format=txt"))
