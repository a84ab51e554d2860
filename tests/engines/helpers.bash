# helpers - what the tests of all engines share. They run in the sandbox,
# where runmoor is installed in /usr/local and its configuration and the
# engines' are the files of examples/ at their usual places.

REPO=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
IMAGES=$REPO/build/images
EXAMPLES=$REPO/examples
EVENTS=/var/log/runmoor/events.jsonl

# Names an engine and its version in the name of each test, hence in the table
# of docs/engines.md.
engine() { # NAME VERSION
	BATS_TEST_NAME_PREFIX="$1 | $2 | "
}

# The functions of a container's script: "drop NAME TO" makes a program that the
# image doesn't ship, "serve" starts the web server that has to stay up.
PRELUDE='
	PATH=/opt/test/bin:/usr/sbin:/usr/bin:/sbin:/bin
	drop() { gzip -dc </opt/test/drop/$1.gz >"$2" && chmod 755 "$2"; }
	serve() { exec /opt/test/bin/busybox httpd -f -p 127.0.0.1:${PORT:-8080} -h /srv/www; }
'
FETCH='/opt/test/bin/busybox wget -qO- http://127.0.0.1:${PORT:-8080}/'

# A dropped program, unpacked on the host, for podman cp and the like.
dropped() { # NAME TO
	gzip -dc <"$REPO/build/rootfs/programs/opt/test/drop/$1.gz" >"$2"
	chmod 755 "$2"
}

policy() { # JSON: the configuration, "{}" where a test doesn't ask for one
	printf '%s\n' "$1" >/etc/runmoor/config.json
}

fail() {
	printf '%s\n' "$*" >&2
	return 1
}

assert_status() {
	[ "$status" = "$1" ] || fail "exit status $status, not $1: $output"
}

assert_output() { # a part of it
	[[ $output == *"$1"* ]] || fail "no \"$1\" in: $output"
}

refute_output() {
	[[ $output != *"$1"* ]] || fail "\"$1\" in: $output"
}

forget_events() {
	rm -f "$EVENTS"
}

# assert_event FILTER: an event comes for which jq's FILTER is true, as in
# '.event.action == "exec-blocked" and .file.path == "/tmp/x"'
assert_event() {
	eventually has_event "$1" ||
		fail "no event \"$1\" among: $(tail -n 20 "$EVENTS" 2>/dev/null | cut -c 1-2000)"
}

has_event() {
	[ -e "$EVENTS" ] && jq -se "any(.[]; $1)" "$EVENTS" >/dev/null
}

refute_event() {
	! has_event "$1" || fail "an event \"$1\""
}

eventually() { # COMMAND...: within ten seconds
	local end=$((SECONDS + 10))
	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.05
	done
}

# Both runtimes do the same: run a lifecycle, a function that is given the
# runtime's name and prints what a user would see, with each, and compare.
same_with() { # BARE MOORED FUNCTION [ARG...]
	local bare moored
	bare=$("$3" "$1" "${@:4}" 2>&1; echo "status $?")
	moored=$("$3" "$2" "${@:4}" 2>&1; echo "status $?")
	[ "$bare" = "$moored" ] ||
		fail "$(diff <(echo "$bare") <(echo "$moored"))"
}

supervisors() {
	pgrep -x runmoor-supervi || true
}

no_supervisors() {
	[ -z "$(supervisors)" ]
}

# Prints each thing that runmoor must not leave behind, or nothing.
leftovers() {
	eventually no_supervisors || echo "processes: $(supervisors | tr '\n' ' ')"
	find /run/runmoor -mindepth 1 2>/dev/null
}
