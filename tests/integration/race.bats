# The supervisor and the kernel both read the path of an exec; these programs
# change it in between, RACES times. tests/bypass has more of them.
load helpers

# bats file_tags=twice

: "${RACES:=2000}"

race() { # HOW LISTED UNLISTED
	in_container "drop marker $3; race $1 $2 $3 $RACES"
	assert_status 0
	echo "# $1: $output unlisted $(marker_count)" >&3
}

assert_raced() {
	refute_marker
	assert_output "other 0"
	[[ $output != *"ok 0 "* && $output != *"denied 0 "* ]]
}

@test "a path flipped in shared memory" {
	race path /opt/test/race/0 /opt/test/race/1
	assert_raced
	assert_event race-killed
}

@test "a symbolic link flipped by rename" {
	race link /opt/test/race/0 /opt/test/race/1
	assert_raced
}

# The same programs get through if the proof is left out: otherwise the test
# would show nothing.
@test "without the proof the races are won" {
	[ -x "$RUNMOOR_UNPROVEN_BIN/runmoor-$RUNTIME" ] ||
		skip "no build of preset \"unproven\""
	MOOR[2]=$RUNMOOR_UNPROVEN_BIN/runmoor-$RUNTIME
	RACES=1000
	race path /opt/test/race/0 /opt/test/race/1
	assert_marker
	rm "$ROOT/tmp/marker"
	race link /opt/test/race/0 /opt/test/race/1
	assert_marker
	rm "$ROOT/tmp/marker"
}
