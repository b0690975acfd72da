#!/usr/bin/env bash
# Instructions an item of the forms in a bench. Two sizes, and the difference, so that set-up cancels. Needs valgrind.
# Usage: [PROFILE=dev] benches/instructions.sh [--bench chain|keyed|json_lines|policies] [only names that contain this]
set -euo pipefail
cd "$(dirname "$0")/.."
small=10000 large=110000
name=chain
if [[ ${1:-} == --bench ]]; then
    name=$2
    shift 2
fi
bench=$(cargo bench --bench "$name" --no-run --profile "${PROFILE:-bench}" --message-format=json 2>/dev/null |
    sed -n 's/.*"name":"'"$name"'".*"executable":"\([^"]*\)".*/\1/p' | tail -1)
instructions() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$bench" count "$1" "$2" 2>&1 |
        sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
}
per_item() {
    awk -v a="$(instructions "$1" $small)" -v b="$(instructions "$1" $large)" -v n=$((large - small)) \
        'BEGIN { printf "%f", (b - a) / n }'
}
making=$(per_item no/form)
"$bench" list "${1:-}" | while read -r form; do
    awk -v form="$form" -v all="$(per_item "$form")" -v making="$making" \
        'BEGIN { printf "%-34s %8.2f\n", form, all - making }'
done
