#!/usr/bin/env bash
# How long rustc takes over a pipeline of 1, 20 and 80 stages: seconds over an empty program of the same dependencies, the least
# of five. Beside it, the loop that one would write by hand. A quarter each of the stages are `map` and `filter` with closures, stage
# functions with a parameter, and stateful stage functions with `.keyed(key)`.
# Usage: benches/build_time.sh [stages ...]
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
    local best=999 took
    for _ in 1 2 3 4 5; do
        touch "$dir/src/main.rs"
        took=$( (TIMEFORMAT=%R && time cargo "$@" --quiet --offline --manifest-path "$dir/Cargo.toml" >/dev/null 2>&1) 2>&1)
        best=$(awk -v a="$best" -v b="$took" 'BEGIN { print (b < a) ? b : a }')
    done
    echo "$best"
}

modes=("check" "build" "build --release")
empty=()
{ echo "$prelude"; echo 'fn main() {}'; } >"$dir/src/main.rs"
for mode in "${modes[@]}"; do
    # shellcheck disable=SC2086
    cargo $mode --quiet --offline --manifest-path "$dir/Cargo.toml" 2>/dev/null
    # shellcheck disable=SC2086
    empty+=("$(least $mode)")
done
printf '%-10s %6s' "" stages
printf '  %15s' "${modes[@]}"
printf '\n%-10s %6s' empty ""
printf '  %13s s' "${empty[@]}"
echo
for stages in "${@:-1}" $([ $# -gt 0 ] || echo 20 80); do
    for form in pipeline hand; do
        $form "$stages" >"$dir/src/main.rs"
        cargo check --quiet --offline --manifest-path "$dir/Cargo.toml"
        printf '%-10s %6d' "$form" "$stages"
        for i in "${!modes[@]}"; do
            # shellcheck disable=SC2086
            awk -v t="$(least ${modes[$i]})" -v e="${empty[$i]}" 'BEGIN { printf "  %13.2f s", t - e }'
        done
        echo
    done
done
