#!/usr/bin/env bash
# J1d: the forms of J1a without optimisation, times and instructions an item. The goal is for `ours` to take at most 1.5 times as long
# as `hand`, which calls the same functions. Needs valgrind. Usage: benches/debug.sh [only names that contain this]
set -euo pipefail
cd "$(dirname "$0")/.."
part=${1:-fused}
cargo bench --quiet --bench chain --profile dev -- ratios "$part"
PROFILE=dev benches/instructions.sh "$part"
