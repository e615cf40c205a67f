#!/usr/bin/env bash
# The size of the stripped command line, against its budget: 1.5 MB, libc and libstdc++ not counted.
set -euo pipefail
budget=1500000
stripped=$(mktemp)
trap 'rm -f "$stripped"' EXIT
strip -o "$stripped" "$1"
size=$(stat -c %s "$stripped")
echo "NOTE: $((size / 1000)) KB of $((budget / 1000)) KB"
echo "$((size <= budget)) of 1 budgets kept"
