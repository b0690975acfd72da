#!/usr/bin/env bash
# What the figures were measured on. Needs /proc, rustc; valgrind and the peers' environment if they are there. Usage: benches/machine.sh
set -euo pipefail
cd "$(dirname "$0")"
field() { sed -n "s/^$1[[:space:]]*: *//p" "$2" | head -1; }
python=${CARGO_TARGET_DIR:-../target}/peers/bin/python
echo "cpu: $(field 'model name' /proc/cpuinfo), family $(field 'cpu family' /proc/cpuinfo) model $(field model /proc/cpuinfo)"
echo "cores: $(nproc), second-level cache $(($(getconf LEVEL2_CACHE_SIZE) / 1024)) KiB"
echo "memory: $(($(field MemTotal /proc/meminfo | tr -dc 0-9) / 1024)) MiB"
echo "kernel: $(uname -sr)"
echo "load: $(cut -d' ' -f1-3 /proc/loadavg)"
rustc --version
if command -v valgrind >/dev/null; then valgrind --version; fi
if [ -x "$python" ]; then
    "$python" --version
    "$python" -m pip freeze --disable-pip-version-check
fi
