#!/usr/bin/env bash
# Measures what the chart in the README shows, and draws it: benches/results.csv, benches/results.svg. Takes minutes, and wants the
# machine to itself. Needs peers/setup.sh. Usage: benches/results.sh
set -euo pipefail
cd "$(dirname "$0")/.."
new=$(mktemp)
trap 'rm -f "$new"' EXIT
{
    echo job,form,value,unit
    cargo bench --quiet --bench chain -- csv
    CSV=1 benches/peers/run.sh
    cargo bench --quiet --bench records -- csv
    "${CARGO_TARGET_DIR:-target}/peers/bin/python" benches/peers/records.py csv
} >"$new"
cp "$new" benches/results.csv
cargo run --quiet --example chart
