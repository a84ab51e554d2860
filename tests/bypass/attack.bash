# attack - included by every script here: "attack SCRIPT" plays the script in
# containers, as root and as another user, on an overlay and on a plain folder.
# Under the bare runtime its marker must appear; under runmoor, with runc and
# with crun, it must not, and the attack must leave an event. Beside it a process
# of another user, the innocent, executes a program of the image all the time,
# and must not be disturbed. It prints a row of the table of tests/bypass/run,
# below it the faults, and fails if there are any. A script sets
#
#	family	its part of the table: files memory races identity loader
#		interpreters filter mounts hang ptrace insiders review
#	stops	the mechanism of runmoor that stops it, a few words
#
# and may set
#
#	user=root|1000 layout=overlay|plain	  default: both
#	expected=refused	no event is possible: the kernel alone refuses
#	event=library-blocked	the event that must come, for each variant; default:
#				any refusal's
#	stopped=no remedy=...	runmoor doesn't stop it, the remedy does. If that is
#				a policy, "remedied" sets it, and is played too
#	flagged=script-flagged	the event that must come of each variant though it
#				isn't stopped
#	rootless=no		can't be tried without root on the host
#	stalls=yes		the innocent may stall, and goes on afterwards, and under the
#				bare runtime the attack may hang: as in the threat model
#	needs=32-bit|x32	isn't played on a machine that runs no such programs
#	image=large		the image of tests/workloads, with php, node, openssl, java
#				and a compiler; on an overlay only, not rootless
#	marks=3			the number of variants that must run under the bare
#				runtime, each of which leaves a mark
#	marks_root=4		... for the container's root, if that is more
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../integration/helpers.bash"
source "$(dirname "${BASH_SOURCE[0]}")/rootless.bash"

family= stops= needs= image=small user=any layout=both expected=refused+event stopped=yes remedy= flagged= rootless=yes marks=1 marks_root= stalls=no
event='exec-blocked library-blocked script-blocked race-killed'

# A script may redefine these: policy sets one, by "configure"; prepare changes
# the rest of runmoor's configuration, and the spec (spec); stage does something
# on the host before the container starts, whose root file system is at $ROOT;
# insider does something on the host while it runs ("moor exec $ID ..." is the
# bare runtime's in a bare play).
policy() { :; }
prepare() { :; }
stage() { :; }
insider() { :; }
UNCHANGED=$(declare -f prepare stage insider)

: "${TRIES:=300}" # how often a race is tried
PATIENCE=$((60 + TRIES / 50)) # s
SLOWEST=5000 # ms that an innocent's exec may take

# For an insider: opens sessions of a program of the image, one after the other,
# until the attack has taken one of them. The attack makes /tmp/ready first, and
# ends when /tmp/done exists.
open_sessions() {
	local times
	eventually test -e "$ROOT/tmp/ready"
	for times in {1..20}; do
		[ ! -e "$ROOT/tmp/marker" ] || break
		timeout 5 "${MOOR[@]}" exec "$ID" /bin/sleep 0.02 || true
	done
	touch "$ROOT/tmp/done"
}

COLUMNS_OF_TABLE=(bare runmoor-runc runmoor-crun rootless remedied)
helped= # the play under way has the remedy
innocents=0 slowest=0 # execs of theirs beside the attack, ms
declare -A seen=() wrong=() # for each column: words, lines

# The bundle of a play that was broken off is removed.
trap '[ ! -d "${T-}" ] || { umount --lazy "$ROOT" 2>/dev/null; rm -rf --one-file-system "$T"; }' EXIT

# play bare|moor RUNTIME root|1000 overlay|plain SCRIPT: sets outcome, and
# problem where it isn't as it should be.
play() {
	local root=debian tries=$TRIES pid inside left variants=$marks
	[ "$3" != root ] || variants=${marks_root:-$marks}
	[ "$4" = overlay ] || root=slim
	[ $image = small ] || root=image
	setup_bundle "$2" $root "$4"
	if [ "$1" = bare ]; then
		MOOR=("${BARE[@]}")
		tries=$bare_tries
	fi
	policy
	prepare
	[ -z "$helped" ] || remedied
	script "$5"
	spec '.process.env += ["TRIES=" + $tries] | .process.args |=
		["/opt/test/bin/innocent", $uid, $patience] + .' \
		--arg tries $tries --arg uid "${3/root/0}" --arg patience $PATIENCE
	stage
	timeout --kill-after=5 $((PATIENCE + 40)) "${MOOR[@]}" run --bundle "$BUNDLE" "$ID" \
		<"$T/stdin" >"$T/output" 2>&1 &
	pid=$!
	(! eventually grep -qxs 'the attack begins' "$T/output" || insider) >"$T/inside" 2>&1 &
	inside=$!
	wait $pid || true
	kill $inside 2>/dev/null || true
	wait $inside 2>/dev/null || true
	judge "$1"
	[ -z "${VERBOSE-}" ] || sed 's/^/\t/' "$T/output" "$T/inside"
	left=$(teardown_bundle 2>&1) || problem+=", $left"
	problem=${problem#, }
}

# Each variant has to be won once: the play is repeated if it isn't.
play_bare() { # RUNTIME USER LAYOUT SCRIPT
	bare_tries=300
	play bare "$@"
	[ -z "$problem" ] || bare_tries=4000 play bare "$@"
}

play_moor() { # RUNTIME USER LAYOUT SCRIPT
	play moor "$@"
	[[ $stopped != no || $outcome != refused* ]] || TRIES=4000 play moor "$@"
}

judge() { # bare|moor
	local count wanted=ran actions events_wanted=
	problem=
	count=$(marker_count)
	outcome=refused
	[ "$count" = 0 ] || outcome=ran
	case "$1 $stopped$helped" in
	"moor no") events_wanted=$flagged ;;
	moor*)
		wanted=refused
		[ "$outcome $expected" != "refused refused+event" ] || events_wanted=$event
		;;
	esac
	eventually noticed "$events_wanted" ||
		problem+=", not $variants events of: $events_wanted, but $(actions)"
	[ $outcome = $wanted ] || problem+=", $outcome$([ "$count" = 0 ] || echo " ($count)")"
	actions=$(actions)
	[ "$outcome $actions" != "refused race-killed" ] || outcome=killed
	outcome+=" $actions"
	[ $1 != bare ] || [ "$count" = 0 ] || [ "$count" -ge $variants ] ||
		problem+=", only $count of $variants variants"
	judge_innocents "$1"
}

# The refusals among the events, each once.
actions() {
	events .event.action | jq -srj 'unique[] | select(IN("exec-blocked",
		"library-blocked", "script-blocked", "script-flagged", "race-killed")) | . + " "' | sed 's/ $//'
}

# True if there is such an event for each variant; after twenty of one kind, the
# summary counts.
noticed() { # "ACTION..."
	[ -z "$1" ] || events | jq -se --arg wanted "$1" --argjson variants $variants \
		'map(select(.event.action | IN($wanted | split(" ")[])) | .runmoor.repeated // 1) | add >= $variants' >/dev/null
}

judge_innocents() { # bare|moor
	local line
	line=$(grep '^innocents: ' "$T/output" | tail -n 1) || true
	[ "$1 $stalls" = "bare yes" ] || ! grep -qx 'the attack took too long' "$T/output" ||
		problem+=", took too long"
	if [ $stalls = yes ] && [[ $line =~ \ ms$ ]]; then
		return
	elif [[ $line =~ ^innocents:\ ([1-9][0-9]*)\ ran,\ 0\ failed,\ slowest\ ([0-9]+)\ ms$ ]] &&
		[ "${BASH_REMATCH[2]}" -le $SLOWEST ]; then
		innocents=$((innocents + BASH_REMATCH[1]))
		slowest=$((BASH_REMATCH[2] > slowest ? BASH_REMATCH[2] : slowest))
	else
		problem+=", ${line:-innocents: no news: $(tail -n 1 "$T/output")}"
	fi
}

# note COLUMN WHERE PLAY...: a play, and what came of it
note() {
	"${@:3}"
	seen[$1]+=" $outcome"
	[ -z "$problem" ] || wrong[$1]+="    $1, $2: $problem"$'\n'
}

# A column's cell: "refused, exec-blocked", of all its plays.
cell() { # COLUMN
	local words
	[ -n "${seen[$1]-}" ] || { echo -; return; }
	[ -z "${wrong[$1]-}" ] || { echo FAILED; return; }
	words=$(tr ' ' '\n' <<<"${seen[$1]}" | sort -u)
	awk '/-/ { events = events " " $0 }
		!/-/ && NF { became = became (became ? " or " : "") $0 }
		END { print became (events ? "," events : "") }' <<<"$words"
}

# A row, for the eye, and for tests/bypass/run.
report() {
	local name column text row=()
	name=$(basename "$0")
	for column in "${COLUMNS_OF_TABLE[@]}"; do
		row+=("$(cell "$column")")
	done
	printf -v text '%-26s %-6s %-32s %-32s %-32s %-32s %4d\n' "$name" "${row[@]}" $SECONDS
	for column in "${!wrong[@]}"; do
		text+=${wrong[$column]}
	done
	printf '%s' "$text"
	record "$([ ${#wrong[@]} != 0 ] || echo yes)" "${row[@]}"
	[ ${#wrong[@]} = 0 ]
}

record() { # yes|skipped|"" CELL...
	[ -z "${RESULTS-}" ] || jq -n '$ARGS.named + {cells: $ARGS.positional}' \
		--arg name "${0##*/}" --arg sentence "$(sentence)" --arg family "$family" --arg stops "$stops" \
		--arg user $user --arg stopped $stopped --arg remedy "$remedy" --arg passed "$1" \
		--arg stalls $stalls --argjson innocents $innocents --argjson slowest $slowest --args "${@:2}" >"$RESULTS/${0##*/}.json"
}

# The sentence in the head of the file: "NAME: a sentence".
sentence() {
	awk 'NR > 1 && !/^#/ { exit } NR > 1' "$0" | sed 's/^# //' | tr '\n' ' ' |
		sed -E 's/^[^:]*: //; s/ $//'
}

# ROOTLESS=1 plays it in podman only, and the next call reads the result.
attack() { # SCRIPT
	local column rootless_result=${RESULTS:+$RESULTS/$(basename "$0").rootless}
	if [ -n "$needs" ] && ! "runs_${needs//-/_}"; then
		[ -n "${ROOTLESS-}" ] || printf '%-26s not played: this machine runs no %s programs\n' "${0##*/}" $needs
		record skipped - - - - -
		return
	fi
	[ $image = small ] || IMAGES=$REPO/build/workloads layout=overlay rootless=no
	if [ -n "${ROOTLESS-}" ]; then
		attack_rootless "$1"
		for column in rootless remedied; do
			printf 'seen[%s]+=%q\n' $column "${seen[$column]-}"
			[ -z "${wrong[$column]-}" ] || printf 'wrong[%s]+=%q\n' $column "${wrong[$column]}"
		done >"${rootless_result:-/dev/stdout}"
	else
		attack_with_root "$1"
		attack_remedied "$1"
		[ ! -e "$rootless_result" ] || source "$rootless_result"
		report
	fi
}

# Every user and every layout meets every runtime, though not each pair of them
# both, unless ALL=1 asks for that; an attack that has one pair only meets both.
runtimes() { # USER LAYOUT
	local crun="root plain, 1000 overlay"
	if [ -n "${ALL-}" ] || { [ $user != any ] && [ $layout != both ]; }; then
		echo runc crun
		return
	fi
	# One user, or one layout: they take turns.
	[ $layout = both ] || crun="1000 overlay, 1000 plain"
	[ $user = any ] || crun="root plain, 1000 plain"
	case ", $crun," in
	*", $1 $2,"*) echo crun ;;
	*) echo runc ;;
	esac
}

attack_with_root() { # SCRIPT
	local users=(root 1000) layouts=(overlay plain) runtime who where
	[ $user = any ] || users=($user)
	[ $layout = both ] || layouts=($layout)
	for who in "${users[@]}"; do
		# The bare runtime plays one layout for each user.
		where=${layouts[0]}
		[ "$who" = root ] || where=${layouts[-1]}
		note bare "${who/1000/uid 1000}, $where" play_bare runc "$who" "$where" "$1"
		for where in "${layouts[@]}"; do
			for runtime in $(runtimes "$who" "$where"); do
				note runmoor-$runtime "${who/1000/uid 1000}, $where" play_moor $runtime "$who" "$where" "$1"
			done
		done
	done
}

# The remedy has to help.
attack_remedied() { # SCRIPT
	declare -F remedied >/dev/null || return 0
	helped=yes
	[ $user = 1000 ] || [ $layout = plain ] ||
		note remedied "root, overlay" play moor runc root overlay "$1"
	[ $user = root ] || [ $layout = overlay ] ||
		note remedied "uid 1000, plain" play moor crun 1000 plain "$1"
	helped=
}

# Attacks that change the spec, or do something on the host, aren't played
# rootless.
attack_rootless() { # SCRIPT
	if [ $rootless = yes ] && [ $layout != plain ] &&
		[ "$(declare -f prepare stage insider)" = "$UNCHANGED" ]; then
		# The attack is known to work by now, and its event shows that it was tried.
		[ -z "${ALL-}" ] || note rootless crun play_rootless bare "$1"
		seen[rootless]=
		note rootless runmoor-crun play_rootless moor "$1"
		declare -F remedied >/dev/null || return 0
		helped=yes
		note remedied "rootless, runmoor-crun" play_rootless moor "$1"
		helped=
	fi
}
