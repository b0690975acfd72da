#!/usr/bin/env bash
# J2b: the sensor job in our forms and in those of sensor_job.py, in turns: outputs compared first, then the median time of each, its
# ratio to `ours` and the most memory that it ever had. Polars and DuckDB use all cores. Needs setup.sh.
# Usage: [CSV=1] benches/peers/run.sh [ROWS [ROUNDS [FORM ...]]]
set -euo pipefail
cd "$(dirname "$0")/../.."
rows=${1:-5000000} rounds=${2:-5}
shift $(($# < 2 ? $# : 2))
forms=("${@:-ours}")
[ $# -gt 0 ] || forms=(ours hand idiomatic generators polars duckdb)
python=${CARGO_TARGET_DIR:-target}/peers/bin/python
bench=$(cargo bench --bench sensor_job --no-run --message-format=json 2>/dev/null |
    sed -n 's/.*"name":"sensor_job".*"executable":"\([^"]*\)".*/\1/p' | tail -1)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
"$bench" generate "$rows" >"$dir/rows.csv"

run() {
    local files=("$dir/rows.csv" "$dir/$1.anomalies" "$dir/$1.summary")
    case $1 in
        generators | polars | duckdb) "$python" benches/peers/sensor_job.py "$1" "${files[@]}" ;;
        *) "$bench" run "$1" "${files[@]}" ;;
    esac
}
for ((round = 0; round <= rounds; round++)); do
    for form in "${forms[@]}"; do
        run "$form" >"$dir/line"
        # The first round is not timed.
        if ((round > 0)); then cat "$dir/line" >>"$dir/lines"; fi
        ((round == 0)) || continue
        "$python" benches/peers/sensor_job.py same "$dir/${forms[0]}".{anomalies,summary} "$dir/$form".{anomalies,summary}
        sed 's/.* s, \([0-9]* rows rejected\).*/\1/' "$dir/line" >>"$dir/rejected"
    done
done
[ "$(sort -u "$dir/rejected" | wc -l)" = 1 ] || { echo "not all forms reject the same rows" >&2; exit 1; }

[ -n "${CSV:-}" ] || printf '%-12s %9s %8s %10s\n' form seconds x MiB
# Lines are `form: 1.234 s, 5 rows rejected, at most 6789 kB of memory`.
awk -v first="${forms[0]}" -v csv="${CSV:-}" '
    { form = $1; sub(":", "", form); n[form]++; time[form, n[form]] = $2; if ($9 > most[form]) most[form] = $9 }
    n[form] == 1 { order[++forms] = form }
    function median(form, ratio,   i, j, v, t) {
        for (i = 1; i <= n[form]; i++) v[i] = time[form, i] / (ratio ? time[first, i] : 1)
        for (i = 2; i <= n[form]; i++)
            for (j = i; j > 1 && v[j] < v[j - 1]; j--) { t = v[j]; v[j] = v[j - 1]; v[j - 1] = t }
        return v[int((n[form] + 1) / 2)]
    }
    END {
        for (i = 1; i <= forms; i++) {
            form = order[i]; took = median(form, 0); ratio = median(form, 1); most_mib = most[form] / 1024
            if (!csv) { printf "%-12s %9.3f %8.2f %10.1f\n", form, took, ratio, most_mib; continue }
            printf "sensor_job,%s,%.3f,s\nsensor_job,%s,%.3f,x\nsensor_job,%s,%.1f,MiB\n", form, took, form, ratio, form, most_mib
        }
    }' "$dir/lines"
