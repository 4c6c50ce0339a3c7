#!/usr/bin/env bash
# Sends files of awkward sizes through the simulated card with the given CLI and compares them; then shows that a seed
# reproduces a run to the clock, polled and by interrupt, and that generator and checker of the demo card agree.
set -euo pipefail

cli=${1:?usage: tools/smoke.sh PATH-TO-ferrolane}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
passed=0

for size in 0 1 61 4095 4096 4097 8388608; do
    head -c "$size" /dev/urandom > "$dir/in"
    "$cli" transfer --device sim --input "$dir/in" --output "$dir/out" > "$dir/log" || {
        cat "$dir/log"
        echo "transfer of $size bytes failed" >&2
        exit 1
    }
    cmp "$dir/in" "$dir/out"
    rm "$dir/out"
    passed=$((passed + 1))
done

clocks() {
    "$cli" transfer --device "sim:seed=$1,jitter=100ns" --input "$dir/in" --output "$dir/out" --json "${@:2}" |
        python3 -c 'import json, sys; print(json.load(sys.stdin)["clocks"])'
}
head -c 300000 /dev/urandom > "$dir/in"
for wait in poll interrupt; do
    first=$(clocks 7 --wait "$wait")
    second=$(clocks 7 --wait "$wait")
    [ "$first" = "$second" ] || {
        echo "seed 7, --wait $wait: $first clocks, then $second" >&2
        exit 1
    }
    passed=$((passed + 1))
done

# What the demo card generates is what its checker expects, and a changed byte is found.
pattern=(--queue 1 --length 1 --spread 0x3ff --seed 3)
"$cli" card generate "${pattern[@]}" --packets 200 --output "$dir/pattern" > "$dir/log"
"$cli" card check "${pattern[@]}" --input "$dir/pattern" > "$dir/log"
printf '\377\000\377' | dd of="$dir/pattern" bs=1 seek=1000 conv=notrunc status=none
code=0
"$cli" card check "${pattern[@]}" --input "$dir/pattern" 2> "$dir/err" || code=$?
[ "$code" = 5 ] || {
    echo "a changed pattern must give exit code 5, not $code:" >&2
    cat "$dir/err" >&2
    exit 1
}
passed=$((passed + 1))

if "$cli" transfer --input "$dir/missing" --output "$dir/none" 2> "$dir/err"; then
    echo "a missing input was accepted" >&2
    exit 1
fi
[ "$(wc -l < "$dir/err")" = 1 ] && [ ! -e "$dir/none" ] || {
    echo "a missing input must give one line and no output file:" >&2
    cat "$dir/err" >&2
    exit 1
}
passed=$((passed + 1))
echo "$passed passed, 0 failed"
