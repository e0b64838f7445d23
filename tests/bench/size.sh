#!/bin/sh
# Code, constants, RAM and stack of the client with the decoding of BT23 and
# BT28, -Os for riscv32 imc: at most 16 KB and 2 KB.
set -eu
cd "$(dirname "$0")/../.."
code_limit=16384
ram_limit=2048
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

flags="-std=c11 -Os -march=rv32imc -mabi=ilp32 -ffunction-sections -fdata-sections
       -fstack-usage -fcallgraph-info=su -I. --specs=picolibc.specs"
for source in tests/bench/size.c mep/*.c meter/*.c; do
    # shellcheck disable=SC2086
    riscv64-unknown-elf-gcc $flags -c "$source" -o "$dir/$(echo "$source" | tr / _).o"
done
# shellcheck disable=SC2086
riscv64-unknown-elf-gcc $flags -nostartfiles -Wl,--gc-sections -Wl,-e,main \
    -Wl,--unresolved-symbols=ignore-all "$dir"/*.o -o "$dir/size.elf"

code=$(riscv64-unknown-elf-size -A "$dir/size.elf" |
    awk '$1 ~ /^\.(text|rodata|srodata|data|sdata|init|fini)/ {sum += $2} END {print sum}')
ram=$(riscv64-unknown-elf-nm -S "$dir/size.elf" | awk '$4 == "ram" {print "0x" $2}')
ram=$((ram))
echo "RESULT client, BT23 and BT28 on riscv32: $code bytes of code and constants (limit $code_limit), $ram bytes of RAM (limit $ram_limit)"
python3 tests/bench/stack.py "$dir"/*.ci
[ "$code" -le $code_limit ] && [ "$ram" -le $ram_limit ]
