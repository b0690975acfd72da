#!/usr/bin/env bash
# Instructions a record of one scan, for every form in the `records` bench: making the records and scanning them, less making them.
# Needs valgrind. Usage: benches/records_instructions.sh
set -euo pipefail
cd "$(dirname "$0")/.."
records=20000
bench=$(cargo bench --bench records --no-run --message-format=json 2>/dev/null |
    sed -n 's/.*"name":"records".*"executable":"\([^"]*\)".*/\1/p' | tail -1)
instructions() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$bench" count "$1" $records 2>&1 |
        sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
}
"$bench" list | while read -r form; do
    awk -v form="$form" -v all="$(instructions "$form")" -v making="$(instructions "no/$form")" -v n=$records \
        'BEGIN { printf "%-8s %8.2f\n", form, (all - making) / n }'
done
