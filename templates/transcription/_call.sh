FILE=meeting.mp3
API={{ base_url }}/api/v1
KEY={{ shown_key }}
say() { curl -sS --fail-with-body -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" "$@"; }
BODY=$(jq -n --arg name "$(basename "$FILE")" --argjson size "$(wc -c < "$FILE")" '{filename: $name, size: $size}')
OPENED=$(say "$API/media/uploads" -d "$BODY")
ask() { printf '%s' "$OPENED" | jq -r "$1"; }

if [ "$(ask .upload.strategy)" = single ]; then
  ask '.upload | "url = \"\(.url)\"", (.headers | to_entries[] | "header = \"\(.key): \(.value)\"")' | curl -sS --fail-with-body -T "$FILE" -K -
else
  ask '.upload | .part_size as $size | .parts[] | "\($size) \(.number - 1) \(.url)"' | while read -r SIZE SKIP URL; do
    dd if="$FILE" bs="$SIZE" skip="$SKIP" count=1 2> /dev/null | curl -sS --fail-with-body --data-binary @- -X PUT -H "Content-Type:" "$URL"
  done
fi
say "$API/media/uploads/$(ask .upload.id)/complete" -d '{}' > /dev/null
JOB=$(say "$API/jobs" -d "{\"media\": \"$(ask .media.id)\"}" | jq -r .id)
while say "$API/jobs/$JOB?wait=30" | jq -e '.status == "queued" or .status == "processing"' > /dev/null; do sleep 1; done
say "$API/jobs/$JOB/download?format=txt"
