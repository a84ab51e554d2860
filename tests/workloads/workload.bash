# workload - included by every case: "workload SCRIPT" plays the script in a
# container under the bare runtime and through runmoor, with runc under docker's
# profile and with crun under none, as Kubernetes has it. Output and exit status
# must be the same, and runmoor must write no event and no message. It prints a
# row of the table of tests/workloads/run for each layout.
#
# "workload SCRIPT REFUSAL..." is one that holds drift too: the script prints
# a line "ran" for each that runs, "refused" for each that doesn't. Each
# refusal, a pattern of "ACTION REASON PATH", must be seen, and no other.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../integration/helpers.bash"

IMAGES=$REPO/build/workloads
layouts=overlay # what a case may set: or "overlay plain"
expected_status=0
differs= # a known difference, in a sentence

# A case may redefine these: changes to the spec and the configuration, the way
# the container is run, and the parts of its output that differ each time.
prepare() {
	:
}

drive() { # COMMAND...
	"$@" run --bundle "$BUNDLE" "$ID"
}

normalise() {
	cat
}

# A container that runs in the background, and the script in a session.
drive_session() { # COMMAND...
	local args session=0
	args=$(jq '.process.args' "$BUNDLE/config.json")
	spec '.process.args = ["/bin/sleep", "1000"]'
	"$@" run --detach --bundle "$BUNDLE" "$ID" >"$T/detached" 2>&1 </dev/null
	jq -n --argjson args "$args" --slurpfile spec "$BUNDLE/config.json" \
		'$spec[0].process | .args = $args' >"$T/process.json"
	"$@" exec --process "$T/process.json" "$ID" || session=$?
	"$@" delete --force "$ID" >>"$T/detached" 2>&1
	return $session
}

# A script of the image, in /srv.
app() { # NAME <TEXT
	apps=$(mktemp -d /tmp/workload.XXXXXX)
	mkdir "$apps/srv"
	cat >"$apps/srv/$1"
}
apps=
trap '[ -z "$apps" ] || rm -rf "$apps"' EXIT

# The image without the empty layer that each bundle has, so that its seal is
# found again by the next; and the seals of all cases in one cache.
warm() {
	configure '.cache_dir = $dir' --arg dir "${WORKLOADS_CACHE:-$T/cache}"
	if [ "$LAYOUT" = plain ]; then
		[ -z "$apps" ] || cp -a "$apps/." "$ROOT/"
		return
	fi
	umount "$ROOT"
	mount -t overlay overlay -o "lowerdir=${apps:+$apps:}$IMAGES/programs:$IMAGES/image,upperdir=$T/upper,workdir=$T/work" "$ROOT"
}

profile() {
	[ "$RUNTIME" = runc ] || return 0
	spec '.linux.seccomp = $profile[0]' \
		--slurpfile profile "$REPO/tests/unit/data/docker-default-seccomp.json"
}

# play bare|moor RUNTIME LAYOUT SCRIPT; sets took and what, its normalised
# output with its status.
play() {
	local start status=0 command
	setup_bundle "$2" image "$3"
	warm
	profile
	prepare
	script "exec 2>&1
		$4"
	command=("${MOOR[@]}")
	[ "$1" = moor ] || command=("${BARE[@]}")
	start=${EPOCHREALTIME/./}
	drive timeout --kill-after=5 300 "${command[@]}" \
		<"$T/stdin" >"$T/output" 2>&1 || status=$?
	took=$((${EPOCHREALTIME/./} - start))
	what=$(sed "s/$ID/ID/g" "$T/output" | normalise && echo "status $status")
}

# Prints a line for each event or message that runmoor shouldn't have written,
# and for each missing one.
surprises() { # [REFUSAL...]
	local refusal said
	eventually has_event container-released || echo "no container-released"
	said=$(events | jq -r 'select(.event.action | IN("container-sealed",
			"container-released", "session-opened") | not)
		| [.event.action, .runmoor.reason, .file.path] | join(" ")')
	for refusal in "$@"; do
		[[ $'\n'$said$'\n' == *$'\n'$refusal$'\n'* ]] || echo "not seen: $refusal"
	done
	while read -r said; do
		matches_any "$said" "$@" || echo "$said"
	done < <(sort -u <<<"$said")
}

matches_any() { # TEXT [PATTERN...]
	local pattern
	for pattern in "" "${@:2}"; do
		# shellcheck disable=SC2053 # it is a pattern
		[[ $1 != $pattern ]] || return 0
	done
	return 1
}

# compare RUNTIME LAYOUT SCRIPT [REFUSAL...]: appends to row, sets verdict
compare() {
	local bare surprise
	play bare "$1" "$2" "$3"
	bare=$what
	row+=$(seconds)
	finish
	play moor "$1" "$2" "$3"
	row+=$(seconds)
	surprise=$(surprises "${@:4}")
	# The outputs are the same, except for programs that only runmoor
	# refuses.
	if [ $# -gt 3 ]; then
		[[ $bare == *ran* && $bare != *refused* ]] || verdict="no drift"
		bare=${bare//ran/refused}
	fi
	[[ $bare == *"status $expected_status" ]] || verdict="fails bare"
	[ "$bare" = "$what" ] || verdict=differs
	[ -z "$surprise" ] || verdict=event
	if { [ "$verdict" != same ] && [ -z "$differs" ]; } || [ -n "${VERBOSE-}" ]; then
		printf '%s: %s: %s\n' "${0##*/}" "$1" "$verdict"
		diff --label bare --label runmoor -U 100 <(echo "$bare") <(echo "$what") || true
		printf '%s\n' "$surprise"
		[ -z "${VERBOSE-}" ] || echo "$what"
	fi >&2
	finish
}

# Sockets that the workload left in its root don't matter.
finish() {
	find "$ROOT" -xdev -type s -delete
	teardown_bundle || verdict=left
}

seconds() {
	LC_ALL=C printf '%7d.%02d' $((took / 1000000)) $((took / 10000 % 100))
}

# A difference that is known has to be one still.
known() { # VERDICT
	case $1 in
	differs | event) echo "known: $differs" ;;
	same) echo "the same, though it says: $differs" ;;
	*) echo "$1" ;;
	esac
}

workload() { # SCRIPT [REFUSAL...]
	local layout runtime row verdict status=0
	for layout in $layouts; do
		row= verdict=same
		for runtime in runc crun; do
			compare $runtime "$layout" "$@"
		done
		[ -z "$differs" ] || verdict=$(known "$verdict")
		printf '%-18s %-8s%s  %s\n' "${0##*/}" "$layout" "$row" "$verdict"
		[ "$verdict" = same ] || [[ $verdict == known:* ]] || status=1
	done
	exit $status
}
