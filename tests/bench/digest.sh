#!/bin/sh
# Instructions for one digest of 235 bytes (384 steps), x86-64, -O2: at most 6,000.
set -eu
cd "$(dirname "$0")/../.."
limit=6000
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

gcc -std=c11 -O2 -g -I. tests/bench/digest.c mep/digest.c -o "$dir/digest"
count() {
    valgrind --tool=callgrind --callgrind-out-file="$dir/out" --toggle-collect="$1" "$dir/digest" \
        2>&1 | sed -n 's/.*Collected : *//p'
}
ours=$(count count_ours)
plain=$(count count_plain)
echo "RESULT digest of 235 bytes: $ours instructions (limit $limit); step by step as published: $plain"
[ "$ours" -gt 0 ] && [ "$ours" -le $limit ]
