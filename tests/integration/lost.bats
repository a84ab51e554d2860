# Lost events are counted exactly, and the rest of a line that was written in
# part spoils no other line.
load helpers

# bats file_tags=twice

teardown() {
	! mountpoint -q "$T/sink" || umount "$T/sink"
	teardown_bundle
}

# The events file on a file system of its own, of so many bytes.
small_sink() { # BYTES
	mkdir "$T/sink"
	mount -t tmpfs -o "size=$1" none "$T/sink"
	configure '.events.file = $file' --arg file "$T/sink/events.jsonl"
}

sink_events() { # [FILTER]
	jq -c "${1:-.}" "$T/sink/events.jsonl"
}

fill_sink() {
	! cat /dev/zero >"$T/sink/filler" 2>/dev/null
}

# The event of each is written in full, since no two are of one kind.
refused() { # NAME...
	printf 'drop marker /tmp/x; for name in %s; do cp /tmp/x /tmp/$name; /tmp/$name; done 2>/dev/null;' "$*"
}

# The number of events in the file, and of those that they report as lost.
accounted() {
	jq -s 'length + (map(.runmoor.events_lost // 0) | add)' "$T/sink/events.jsonl"
}

@test "a full disk loses events, which are counted, and cuts none that come after" {
	small_sink 64k
	start "while [ ! -e /tmp/full ]; do sleep 0.05; done
		$(refused $(seq -s ' ' -f 'long-name-%g' 60)) touch /tmp/refused
		while [ ! -e /tmp/room ]; do sleep 0.05; done
		$(refused after another) exit 0"
	# Room for a few lines, and a part of one.
	head -c 40K /dev/zero >"$T/sink/filler"
	touch "$ROOT/tmp/full"
	eventually test -e "$ROOT/tmp/refused"
	[ "$(tail -c 1 "$T/sink/events.jsonl")" != '' ] # half a line
	rm "$T/sink/filler"
	touch "$ROOT/tmp/room"
	eventually no_supervisors
	moor delete --force "$ID"
	refute_marker
	# One line is not an event: the half one.
	run jq -Rc 'fromjson? // "half"' "$T/sink/events.jsonl"
	[ "$(grep -c '^"half"$' <<<"$output")" = 1 ]
	sed -i '/}}$/!d' "$T/sink/events.jsonl"
	[ "$(sink_events 'select(.file.path == "/tmp/after") | .runmoor.events_lost > 1')" = true ]
	[ "$(sink_events 'select(.file.path == "/tmp/another") | .runmoor.events_lost')" = null ]
	# sealed, 62 refusals, released; the session of none
	[ "$(accounted)" = 64 ]
}

@test "what was lost to the end is told once there is room, by who releases the container" {
	small_sink 16k
	start "while [ ! -e /tmp/full ]; do sleep 0.05; done; $(refused a b c d e f) exit 0"
	fill_sink
	touch "$ROOT/tmp/full"
	eventually no_supervisors
	rm "$T/sink/filler"
	moor delete --force "$ID"
	sed -i '/}}$/!d' "$T/sink/events.jsonl"
	[ "$(sink_events '.event.action' | tail -n 1)" = '"container-released"' ]
	[ "$(sink_events '.runmoor.events_lost' | tail -n 1)" -gt 0 ]
	[ "$(accounted)" = 8 ]
	[ -z "$(ls -A "$T/state")" ]
}

@test "what can't be told at all is in the log" {
	small_sink 16k
	start "while [ ! -e /tmp/full ]; do sleep 0.05; done; $(refused a b c d e f) exit 0"
	fill_sink
	touch "$ROOT/tmp/full"
	eventually no_supervisors
	moor --log "$T/log" delete --force "$ID"
	grep -q 'its last [0-9]* events are lost' "$T/log"
	[ -z "$(ls -A "$T/state")" ]
	: >"$T/sink/events.jsonl"
}

@test "half a line that another left is ended first" {
	printf '{"half' >"$T/events.jsonl"
	in_container 'exit 0'
	[ "$(head -n 1 "$T/events.jsonl")" = '{"half' ]
	sed -i 1d "$T/events.jsonl"
	assert_event container-sealed
	assert_event container-released
}

@test "the first refusals of a kind are whole, the rest is counted, exactly" {
	in_container 'drop marker /tmp/x; cp /tmp/x /tmp/y; i=0
		while [ $i -lt 150 ]; do /tmp/x; i=$((i + 1)); done 2>/dev/null
		/tmp/y; exit 0'
	refute_marker
	assert_event container-released
	local of_x='select(.file.path == "/tmp/x") | .runmoor.repeated'
	[ "$(events "$of_x" | grep -c null)" = 20 ]
	[ "$(events "$of_x" | grep -v null)" = 130 ]
	[ "$(events 'select(.file.path == "/tmp/y") | .runmoor.ancestors | length > 0')" = true ]
	[ "$(events 'select(.runmoor.repeated) | [.event.action, .runmoor.reason, .event.outcome]')" = \
		'["exec-blocked","not-in-image","failure"]' ]
	"$REPO/tests/validate-events" "$T/events.jsonl"
}

@test "an event is never longer than 16 KiB" {
	in_container 'n=$(printf "\001%.0s" $(seq 200)); a=$(printf "\001%.0s" $(seq 4000))
		cd /tmp; for i in 1 2 3 4 5 6 7 8 9; do mkdir "$n"; cd "$n"; done; drop marker x
		sh -c "sh -c \"sh -c \\\"./x; :\\\" $a; :\" $a; :" $a; exit 0'
	assert_event exec-blocked not-in-image
	[ "$(wc -L <"$T/events.jsonl")" -le 16384 ]
	[ "$(events 'select(.event.action == "exec-blocked") | .runmoor.truncated')" = true ]
}

@test "a flood of refusals, each of a kind of its own, hides no other" {
	in_container 'drop marker /tmp/x; mkdir /tmp/many
		for i in $(seq 700); do ln /tmp/x /tmp/many/$i; done
		for i in $(seq 700); do /tmp/many/$i; done 2>/dev/null
		cp /tmp/x /tmp/other; /tmp/other'
	refute_marker
	assert_event exec-blocked not-in-image /tmp/many/700
	assert_event exec-blocked not-in-image /tmp/other
	[ "$(events 'select(.event.action == "exec-blocked") | .runmoor.repeated // 1' | jq -s 'add')" = 701 ]
}
