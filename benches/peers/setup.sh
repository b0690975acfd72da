#!/usr/bin/env bash
# The Python programs that ours are measured beside, in an environment of their own under target/. Needs python3 and a network.
# Usage: benches/peers/setup.sh
set -euo pipefail
cd "$(dirname "$0")"
environment=${CARGO_TARGET_DIR:-../../target}/peers
python3 -m venv "$environment"
"$environment/bin/pip" install --quiet --disable-pip-version-check --requirement requirements.txt
"$environment/bin/python" --version
"$environment/bin/pip" freeze --disable-pip-version-check
