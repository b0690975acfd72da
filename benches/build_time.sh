#!/usr/bin/env bash
# How long rustc takes: `cargo check`, a debug and a release build of one changed file, its dependencies being there. Seconds over a
# program without a pipeline that has the same stage functions, the least of five. First pipelines of 1 to 80 stages, a quarter
# each of which are `map` and `filter` with closures, stage functions with a parameter, and stateful ones with `.keyed(key)`; beside
# each the loop that one would write by hand. Then the `sensors` example and the same program by hand, seconds over `fn main() {}`.
# Needs the crates to have been fetched, and python3. With CPU=1 seconds of the processor, for a machine that is not idle.
# Usage: [CPU=1] benches/build_time.sh [stages ...]
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/src"
cat >"$dir/Cargo.toml" <<EOF
[package]
name = "build_time"
version = "0.0.0"
edition = "2024"
[dependencies]
millstream = { path = "$root" }
$(grep -E '^(clap|csv|jiff|serde|serde_json) = ' "$root/Cargo.toml")
[workspace]
EOF
# The versions of the workspace.
cp "$root/Cargo.lock" "$dir/"

prelude='use millstream::prelude::*;
pub struct Item { pub key: u64, pub value: u64 }
#[stage]
fn shift(#[param(default = 1)] by: u64, item: Item) -> Item {
    Item { key: item.key, value: item.value.rotate_left(3) ^ by }
}
#[stage]
fn running(#[state] sum: &mut u64, item: Item) -> Item {
    *sum = sum.wrapping_add(item.value);
    Item { key: item.key, value: *sum }
}'
items='(0..1_000_000).map(|n| Item { key: n % 7, value: n })'

pipeline() {
    echo "$prelude"
    echo 'fn main() { let mut total = 0_u64; pipeline!(from_iter('"$items"')'
    for ((i = 0; i < $1; i++)); do
        case $((i % 4)) in
            0) echo "| map(|item| Item { key: item.key, value: item.value ^ $i })" ;;
            1) echo "| running.keyed(key)" ;;
            2) echo "| filter(|item| item.value != $i)" ;;
            3) echo "| shift(by = $i)" ;;
        esac
    done
    echo '| for_each(|item| total ^= item.value)).run().unwrap(); println!("{total}"); }'
}

hand() {
    echo "$prelude"
    echo 'fn main() { let mut total = 0_u64;'
    for ((i = 1; i < $1; i += 4)); do
        echo "let mut sums_$i = std::collections::HashMap::<u64, u64>::new();"
    done
    echo "for item in $items {"
    for ((i = 0; i < $1; i++)); do
        case $((i % 4)) in
            0) echo "let item = Item { key: item.key, value: item.value ^ $i };" ;;
            1) echo "let item = running(sums_$i.entry(item.key).or_default(), item);" ;;
            2) echo "if item.value == $i { continue; }" ;;
            3) echo "let item = shift($i, item);" ;;
        esac
    done
    echo 'total ^= item.value; } println!("{total}"); }'
}

# The least of five runs of a cargo command after the source was touched.
least() {
    local best=999 took TIMEFORMAT=%R
    [ -z "${CPU:-}" ] || TIMEFORMAT='%U %S'
    for _ in 1 2 3 4 5; do
        touch "$dir/src/main.rs"
        took=$( (time cargo "$@" --quiet --offline --manifest-path "$dir/Cargo.toml" >/dev/null 2>&1) 2>&1)
        best=$(awk -v a="$best" -v b="$took" 'BEGIN { split(b, of, " "); b = of[1] + of[2]; print (b < a) ? b : a }')
    done
    echo "$best"
}

modes=("check" "build" "build --release")

# The seconds of each mode for the program as it stands, less those of the empty one, if these are given.
row() {
    local mode took
    for mode in "${modes[@]}"; do
        # shellcheck disable=SC2086
        cargo $mode --quiet --offline --manifest-path "$dir/Cargo.toml"
        # shellcheck disable=SC2086
        took=$(least $mode)
        awk -v t="$took" -v e="${1:-0}" 'BEGIN { printf "  %13.2f s", t - e }'
        shift || true
    done
    echo
}
# The same as numbers, to be taken off.
empty() { row | tr -d s; }

printf '%-10s %6s' "" stages
printf '  %15s' "${modes[@]}"
{ echo "$prelude"; echo 'fn main() {}'; } >"$dir/src/main.rs"
read -ra base <<<"$(empty)"
printf '\n%-10s %6s' without ""
printf '  %13s s' "${base[@]}"
echo
for stages in "${@:-1}" $([ $# -gt 0 ] || echo 5 10 20 40 80); do
    for form in pipeline hand; do
        $form "$stages" >"$dir/src/main.rs"
        printf '%-10s %6d' "$form" "$stages"
        row "${base[@]}"
    done
done

echo 'fn main() {}' >"$dir/src/main.rs"
read -ra base <<<"$(empty)"
for program in examples/sensors/main.rs benches/sensors_by_hand.rs; do
    cp "$root/$program" "$dir/src/main.rs"
    [ $program = examples/sensors/main.rs ] && form=pipeline || form=hand
    printf '%-10s %6s' $form sensors
    row "${base[@]}"
    "${CARGO_TARGET_DIR:-$dir/target}/release/build_time" "$root/examples/sensors/water-flow.csv" --out "$dir/$form" >"$dir/printed"
done
python3 "$root/benches/peers/sensor_job.py" same "$dir"/pipeline/{anomalies,summary}.jsonl "$dir"/hand/{anomalies,summary}.jsonl
