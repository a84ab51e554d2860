# A page that was dirtied through a shared mapping can be altered again with
# no new ctime: inode, size, mtime and ctime say nothing then. Whether it works
# depends on the page not being written back in between, so these tests try
# until it did, and demand in every try that what was altered doesn't run.
load helpers

SWITCH=/opt/test/bin/switch
TRIES=15

fresh() { # another container, and the program as the image has it
	ID=${ID%%+*}+$1
	cp "$IMAGES/programs$SWITCH" "$ROOT$SWITCH"
	rm -f "$ROOT/tmp/stats" "$ROOT/tmp/commands"
}

# host COMMAND: to stale_mmap on the host; the answer without the command
host() {
	echo "$1" >&"${stale[1]}"
	read -r _ answer <&"${stale[0]}"
	echo "$answer"
}

# One try each; they set seen to whether the stat showed the change.
alter_after_the_seal() {
	local before after
	coproc stale { "$IMAGES/programs/opt/test/bin/stale_mmap" "$ROOT$SWITCH"; }
	host dirty >/dev/null
	sleep 0.1
	before=$(host stat)
	moor create --bundle "$BUNDLE" "$ID" >"$T/output" 2>&1
	after=$(host alter)
	host unmap >/dev/null
	host close >/dev/null
	kill "$stale_PID"
	wait "$stale_PID" 2>/dev/null || true
	moor start "$ID"
	eventually grep -q status "$T/output"
	refute_marker
	! grep -q "status 0" "$T/output" || fail "it ran: $(cat "$T/output")"
	moor delete --force "$ID"
	seen=yes
	[ "$before" != "$after" ] || seen=no
}

execute_while_mapped() {
	run moor run --bundle "$BUNDLE" "$ID"
	refute_marker
	[ "$status" != 0 ] || fail "it ran: $output"
	seen=yes
	[ "$(sed -n 's/^close //p' "$ROOT/tmp/stats")" != \
		"$(sed -n 's/^alter //p' "$ROOT/tmp/stats")" ] || seen=no
}

until_unseen() { # COMMAND
	local try
	for ((try = 0; try < TRIES; try++)); do
		fresh $try
		"$1"
		[ $seen = yes ] || break
	done
	[ $seen = no ] || fail "the stat shows it every time"
	fresh bare
}

bare_marks() {
	run bare run --bundle "$BUNDLE" "$ID"
	assert_marker
}

# bats test_tags=plain
@test "plain: a page dirtied before the seal and altered after it" {
	script "$SWITCH; echo status \$?"
	until_unseen alter_after_the_seal
	has_event exec-blocked modified || assert_event race-killed modified
	coproc stale { "$IMAGES/programs/opt/test/bin/stale_mmap" "$ROOT$SWITCH"; }
	host dirty >/dev/null
	host alter >/dev/null
	kill "$stale_PID"
	wait "$stale_PID" 2>/dev/null || true
	bare_marks
}

# The container's script: $1 turns the switch and executes it, in some order.
surviving_mapping() {
	script "
		mkfifo /tmp/commands
		stale_mmap $SWITCH </tmp/commands >/tmp/stats &
		exec 3>/tmp/commands
		tell() { echo \$1 >&3; sleep 0.1; }
		tell dirty
		tell close
		$1
		exec 3>&-
		wait
		exit \$status"
}

# bats test_tags=overlay
@test "overlay: altered through a surviving mapping, then executed" {
	surviving_mapping "tell alter; $SWITCH; status=\$?"
	until_unseen execute_while_mapped
	has_event exec-blocked || assert_event race-killed
	bare_marks
}

# bats test_tags=overlay
@test "overlay: executed, then altered through a surviving mapping" {
	surviving_mapping "$SWITCH wait & switch=\$!; sleep 0.3
		tell alter; wait \$switch; status=\$?"
	until_unseen execute_while_mapped
	has_event exec-blocked writable || assert_event race-killed writable
	bare_marks
}

# bats test_tags=overlay
@test "overlay: copied up, with no writer left, the content decides" {
	in_container "chown 1:1 $SWITCH; $SWITCH"
	assert_status 0
	refute_event exec-blocked
}
