# helpers - a bundle, a configuration and the two ways to run a container in
# them: "moor" through runmoor, "bare" without. Every test gets its own; a test
# fails if it leaves anything behind.

REPO=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
IMAGES=$REPO/build/rootfs
RUNMOOR_BIN=${RUNMOOR_BIN:-$REPO/build/release/bin}
RUNMOOR_UNPROVEN_BIN=${RUNMOOR_UNPROVEN_BIN:-$REPO/build/unproven/bin}

# tests/integration/run sets these to each combination; a test run by hand gets
# the defaults.
: "${RUNTIME:=runc}" "${ROOTFS:=debian}" "${LAYOUT:=overlay}"

setup() {
	setup_bundle "$RUNTIME" "$ROOTFS" "$LAYOUT"
}

teardown() {
	teardown_bundle
}

# A file of tests may redefine this: it adds files of the image to a folder.
image_extra() { # FOLDER
	:
}

# setup_bundle runc|crun debian|busybox overlay|plain
setup_bundle() {
	RUNTIME=$1 ROOTFS=$2 LAYOUT=$3
	T=$(mktemp -d "${RUNMOOR_TEST_SCRATCH:-/tmp}/moor.XXXXXX") # short: sockets live below it
	ID=moor-test-${T##*.}
	BUNDLE=$T/bundle
	ROOT=$BUNDLE/rootfs
	chmod 755 "$T"
	MOOR=(env "RUNMOOR_CONFIG=$T/config.json"
		"$RUNMOOR_BIN/runmoor-$RUNTIME" --root "$T/root")
	BARE=("$RUNTIME" --root "$T/root")
	mkdir -p "$ROOT" "$T/upper" "$T/work" "$T/layer"
	: >"$T/stdin"
	case $LAYOUT in
	overlay)
		image_extra "$T/layer"
		mount -t overlay overlay -o "lowerdir=$T/layer:$IMAGES/programs:$IMAGES/$ROOTFS,upperdir=$T/upper,workdir=$T/work" "$ROOT"
		;;
	plain)
		cp -a "$IMAGES/$ROOTFS/." "$IMAGES/programs/." "$ROOT/"
		image_extra "$ROOT"
		;;
	esac
	jq -n --arg t "$T" '{
		events: {file: "\($t)/events.jsonl"},
		evidence: {dir: "\($t)/evidence"},
		state_dir: "\($t)/state",
		cache_dir: "\($t)/cache"
	}' >"$T/config.json"
	(cd "$BUNDLE" && runc spec)
	spec '.process.terminal = false
		| .process.noNewPrivileges = false
		| .root.readonly = false
		| .process.capabilities[] = ["CAP_CHOWN", "CAP_DAC_OVERRIDE",
			"CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_MKNOD",
			"CAP_SETFCAP", "CAP_SETGID", "CAP_SETUID", "CAP_SYS_CHROOT"]'
}

# edit FILE FILTER [ARG...]: what jq makes of a file
edit() {
	jq "${@:3}" "$2" "$1" >"$T/edited"
	cat "$T/edited" >"$1"
}

spec() { # FILTER [ARG...]
	edit "$BUNDLE/config.json" "$@"
	SPEC_DIGEST=$(sha256sum <"$BUNDLE/config.json")
}

configure() { # FILTER [ARG...]
	edit "$T/config.json" "$@"
}

annotate() { # KEY VALUE
	spec '.annotations["io.runmoor." + $key] = $value' \
		--arg key "$1" --arg value "$2"
}

bare() {
	"${BARE[@]}" "$@" <"$T/stdin"
}

moor() {
	"${MOOR[@]}" "$@" <"$T/stdin"
}

# The head of a container's script: "drop NAME TO" makes a program that the
# image doesn't ship.
PRELUDE='
		PATH=/opt/test/bin:/usr/sbin:/usr/bin:/sbin:/bin
		drop() { gzip -dc </opt/test/drop/$1.gz >"$2" && chmod 755 "$2"; }
		'

# The container's process becomes a shell with this script.
script() {
	spec '.process.args = ["/bin/sh", "-c", $script]' --arg script "$PRELUDE$1"
}

# Not all virtual machines run them, whatever their kernel is configured for.
runs_32_bit() {
	"$REPO/build/rootfs/programs/opt/test/bin/nothing-32" 2>/dev/null
}

runs_x32() {
	"$REPO/build/rootfs/programs/opt/test/bin/x32"
}

in_container() { # SCRIPT; sets status and output
	script "$1"
	run moor run --bundle "$BUNDLE" "$ID"
}

start() { # SCRIPT: the same, detached, with its output in a file
	script "$1"
	moor run --detach --bundle "$BUNDLE" "$ID" >"$T/output" 2>&1
}

wait_for() { # PID of a child; sets status
	status=0
	wait "$1" || status=$?
}

marker_count() {
	stat -c %s "$ROOT/tmp/marker" 2>/dev/null || echo 0
}

assert_marker() {
	[ "$(marker_count)" -gt 0 ] || fail "the marker didn't appear: $output"
}

refute_marker() {
	[ "$(marker_count)" = 0 ] || fail "the marker appeared: $output"
}

fail() {
	printf '%s\n' "$*" >&2
	return 1
}

# attack SCRIPT: it fails under runmoor; under the bare runtime (once, in the
# first of all combinations) it succeeds, or it would prove nothing.
attack() {
	in_container "$1"
	refute_marker
	local moored_status=$status moored_output=$output
	if [ "$RUNTIME $ROOTFS $LAYOUT" = "runc debian overlay" ]; then
		run bare run --bundle "$BUNDLE" "$ID"
		assert_marker
		rm "$ROOT/tmp/marker"
	fi
	status=$moored_status output=$moored_output
}

assert_status() {
	[ "$status" = "$1" ] || fail "exit status $status, not $1: $output"
}

assert_output() { # a part of it
	[[ $output == *"$1"* ]] || fail "no \"$1\" in: $output"
}

refute_output() { # a part of it
	[[ $output != *"$1"* ]] || fail "\"$1\" in: $output"
}

# The three things that a refused exec shows: to the caller, and to us.
assert_refused() { # REASON [PATH]
	assert_output "ermission denied"
	assert_event exec-blocked "$@"
}

events() { # [FILTER]
	[ ! -e "$T/events.jsonl" ] || jq -c "${1:-.}" "$T/events.jsonl"
}

has_event() { # ACTION [REASON [PATH]]
	events | jq -se --arg action "$1" --arg reason "${2-}" --arg path "${3-}" '
		any(.[]; .event.action == $action
			and ($reason == "" or .runmoor.reason == $reason)
			and ($path == "" or .file.path == $path))' >/dev/null
}

assert_event() { # ACTION [REASON [PATH]]
	eventually has_event "$@" ||
		fail "no event \"$*\" among: $(events '[.event.action, .runmoor.reason, .file.path]')"
}

refute_event() { # ACTION [REASON [PATH]]
	! has_event "$@" || fail "an event \"$*\""
}

eventually() { # COMMAND...: within ten seconds; an emulated machine is slower
	local end=$((SECONDS + ${RUNMOOR_TEST_PATIENCE:-10}))
	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.05
	done
}

# Supervisors of this test; of any, where the run has a pid namespace.
supervisors() {
	local process
	for process in /proc/[0-9]*; do
		[[ $(cat "$process/comm" 2>/dev/null) == runmoor* ]] || continue
		if [ -n "${RUNMOOR_TEST_NAMESPACE-}" ] ||
			ls -l "$process/fd" 2>/dev/null | grep -qF "$T" ||
			grep -qF "$T" "$process/cmdline" "$process/environ" 2>/dev/null; then
			echo "${process#/proc/}"
		fi
	done
}

no_supervisors() {
	[ -z "$(supervisors)" ]
}

# Prints a line for each thing that a container must not leave behind.
leftovers() {
	eventually no_supervisors || echo "processes: $(supervisors)"
	find "$T/state" -mindepth 1 2>/dev/null
	find "$T" -xdev \( -path "$ROOT" -o -path "$T/layer" \) -prune -o -type s -print
	find "$T/root" -mindepth 1 2>/dev/null
	find /sys/fs/cgroup -path /sys/fs/cgroup/unified -prune -o -name "$ID*" -print
	[ "$(sha256sum <"$BUNDLE/config.json")" = "$SPEC_DIGEST" ] ||
		echo "config.json has changed"
	[ "$(ls -A "$BUNDLE" | tr '\n' ' ')" = "config.json rootfs " ] ||
		echo "the bundle has more in it: $(ls -A "$BUNDLE")"
	[ "$LAYOUT" != overlay ] || umount "$ROOT" 2>&1
	grep -F "$T" /proc/self/mountinfo
}

teardown_bundle() {
	local container left
	for container in "$T"/root/*/; do
		[ ! -d "$container" ] || moor delete --force "$(basename "$container")"
	done
	left=$(leftovers || true)
	awk -v t="$T/" 'index($5, t) == 1 { print $5 }' /proc/self/mountinfo |
		xargs -r umount --lazy
	[ -z "${RUNMOOR_TEST_EVENTS-}" ] || events >>"$RUNMOOR_TEST_EVENTS"
	rm -rf --one-file-system "$T"
	[ -z "$left" ] || fail "left behind: $left"
}
