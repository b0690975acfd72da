#!/usr/bin/env bash
# The most memory that the sensor job ever has, for inputs of very different lengths, streamed: nothing of them is on disk.
# Needs /proc. Usage: benches/memory.sh [rows ...]
set -euo pipefail
cd "$(dirname "$0")/.."
bench=$(cargo bench --bench sensor_job --no-run --message-format=json 2>/dev/null |
    sed -n 's/.*"name":"sensor_job".*"executable":"\([^"]*\)".*/\1/p' | tail -1)
for rows in "${@:-10}" $([ $# -gt 0 ] || echo 5000000 50000000); do
    printf '%10d rows  ' "$rows"
    "$bench" generate "$rows" | "$bench" run ours -
done
