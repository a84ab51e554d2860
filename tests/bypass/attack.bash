# attack - what every script here includes: "attack SCRIPT" plays the script
# in a container under the bare runtime, where its marker must appear, and
# under runmoor with runc and with crun, where it must not, and must leave an
# event. It prints a row of the table of tests/bypass/run, and fails unless
# all of that is so.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../integration/helpers.bash"

expected=refused+event # or "refused", where the kernel alone says no

prepare() { # may be redefined, to change the spec
	:
}

# play bare|moor RUNTIME SCRIPT; sets result
play() {
	setup_bundle "$2" debian overlay
	prepare
	script "$3"
	local command=("${MOOR[@]}")
	[ "$1" = moor ] || command=("${BARE[@]}")
	timeout --kill-after=5 120 "${command[@]}" run --bundle "$BUNDLE" "$ID" \
		<"$T/stdin" >"$T/output" 2>&1 || true
	result=refused
	[ "$(marker_count)" = 0 ] || result=ran
	if [ "$1 $expected" = "moor refused+event" ] && eventually noticed; then
		result+=+event
	fi
	[ -z "${VERBOSE-}" ] || cat "$T/output"
	teardown_bundle || result+=+left
}

noticed() {
	has_event exec-blocked || has_event library-blocked || has_event race-killed
}

attack() { # SCRIPT
	local row passed=0
	play bare runc "$1"
	row=$result
	[ "$result" = ran ] || passed=1
	for runtime in runc crun; do
		play moor $runtime "$1"
		row+=" $result"
		[ "$result" = $expected ] || passed=1
	done
	printf '%-22s %-10s %-16s %s\n' "$(basename "$0")" $row
	exit $passed
}
