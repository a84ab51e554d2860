# Scripts that interpreters of the image are given to run (policy scripts).
load helpers

image_extra() { # FOLDER: scripts that the image ships, without a #! line
	mkdir -p "$1/app"
	echo 'echo listed' >"$1/app/plain.sh"
	echo 'print("listed")' >"$1/app/plain.py"
	echo 'print "listed\n"' >"$1/app/plain.pl"
	echo 'BEGIN { print "listed" }' >"$1/app/plain.awk"
	printf '#!/bin/sh\necho listed\n' >"$1/app/executable"
	chmod 755 "$1/app/executable"
	echo ': >/dev/null' >"$1/app/quiet.sh"
	mkdir "$1/app/folder"
	echo 'print("traced by", open("/proc/self/status").read().split("TracerPid:")[1].split()[0])' |
		tee "$1/app/tracer.py" >"$1/app/folder/__main__.py"
}

UNLISTED='echo "echo x >>/tmp/marker" >/tmp/x.sh;'

@test "audit: an unlisted script runs, and is told of" {
	in_container "$UNLISTED sh /tmp/x.sh"
	assert_status 0
	assert_marker
	assert_event script-flagged not-in-image /tmp/x.sh
}

@test "audit: as standard input it is told of too" {
	in_container "$UNLISTED sh </tmp/x.sh"
	assert_marker
	assert_event script-flagged not-in-image /tmp/x.sh
}

@test "enforce: an unlisted script is refused" {
	configure '.scripts = "enforce"'
	attack "$UNLISTED sh /tmp/x.sh"
	assert_status 126
	assert_output "ermission denied"
	assert_event script-blocked not-in-image /tmp/x.sh
	attack "$UNLISTED sh </tmp/x.sh"
	assert_status 126
}

@test "enforce: one by a copy of the shell with another name" {
	configure '.scripts = "enforce"'
	attack "$UNLISTED"' cp "$(readlink -f /bin/sh)" /tmp/innocent
		mkdir /tmp/b; cp /tmp/innocent /tmp/b/sh; /tmp/b/sh /tmp/x.sh'
	assert_event script-blocked not-in-image /tmp/x.sh
}

# bats test_tags=debian
@test "enforce: perl, awk, python and a module of it" {
	configure '.scripts = "enforce"'
	attack 'cd /tmp
		echo "open(F, qq(>>/tmp/marker)); print F 1;" >x.pl; perl x.pl
		echo "BEGIN { print 1 >>\"/tmp/marker\" }" >x.awk; awk -f x.awk
		echo "open(\"/tmp/marker\", \"a\").write(\"1\")" >x.py
		python3 x.py; python3 -m x; python3 <x.py'
	for name in x.pl x.awk x.py; do
		assert_event script-blocked not-in-image "/tmp/$name"
	done
}

# bats test_tags=debian
@test "enforce: what a shell finds on PATH" {
	configure '.scripts = "enforce"'
	attack "$UNLISTED cd /; PATH=/tmp:\$PATH; bash x.sh"
	assert_event race-killed not-in-image /tmp/x.sh
}

@test "the image's scripts run, and nobody hears of them" {
	local mode
	for mode in audit enforce; do
		configure '.scripts = $mode' --arg mode "$mode"
		in_container 'cd /app; sh plain.sh; sh /app/plain.sh
			./executable; sh executable; sh <plain.sh
			awk -f plain.awk; echo "echo piped" | sh
			sh -c "echo listed"'
		assert_status 0
		[ "$(grep -c listed <<<"$output")" = 7 ] || fail "$output"
		assert_output piped
		for action in exec-blocked race-killed script-flagged script-blocked; do
			refute_event "$action"
		done
	done
}

# bats test_tags=debian
@test "the image's python and perl run" {
	local mode
	for mode in audit enforce; do
		configure '.scripts = $mode' --arg mode "$mode"
		in_container 'cd /app; perl plain.pl; python3 plain.py
			python3 /app/plain.py; python3 -c "print(\"listed\")"
			cp /app/plain.py /tmp/copy.py; python3 /tmp/copy.py'
		assert_status 0
		[ "$(grep -c listed <<<"$output")" = 5 ] || fail "$output"
		refute_event script-flagged
		refute_event script-blocked
		refute_event race-killed
	done
}

# bats test_tags=debian
@test "enforce: python isn't followed any more once it runs its script" {
	configure '.scripts = "enforce"'
	in_container 'cd /app; for name in tracer.py ./tracer.py /app/tracer.py folder; do python3 $name; done'
	assert_status 0
	[ "$(grep -c '^traced by 0$' <<<"$output")" = 4 ] || fail "$output"
}

# bats test_tags=debian
@test "enforce: ordinary command lines are understood" {
	configure '.scripts = "enforce"'
	in_container 'cd /app; set -e
		echo data >/tmp/data
		bash -euo pipefail -c :; bash -l plain.sh; bash --norc --noprofile plain.sh
		bash -norc plain.sh; bash -O extglob -c :; sh -eu plain.sh; sh -exc : ; sh -- plain.sh
		bash --version </tmp/data; dash -e +x plain.sh; bash --rcfile plain.sh -i </dev/null
		python3 -V </tmp/data; python3 --version </tmp/data; python3 -h; python3 -Bsu plain.py
		python3 -W ignore -X dev -I plain.py; python3 -c pass -x; python3 -OO plain.py
		perl -v </tmp/data; perl -V:version </tmp/data; perl -ne print /tmp/data
		perl -i.bak -pe s/a/b/ /tmp/data; perl -lane "print @F" /tmp/data; perl -F: -lane 1 /tmp/data
		perl -Mstrict -we 1; perl -CSD -e 1; perl -0777 -ne 1 /tmp/data; perl -l012 -0040 plain.pl
		perl -Ilib -wT plain.pl; perl -E "-e q(x)"
		mawk -W version </tmp/data; mawk -W interactive 1 /tmp/data; awk -F : -v a=1 1 /tmp/data
		awk -f plain.awk -v b=2; printf "x\n" | awk -f plain.awk -f /dev/null; awk -- 1 /tmp/data
		ldd /bin/cat; /lib64/ld-linux-x86-64.so.2 --list /bin/sh; /lib64/ld-linux-x86-64.so.2 --help'
	assert_status 0
	for action in exec-blocked race-killed script-blocked; do
		refute_event "$action"
	done
}

@test "enforce: arguments that aren't understood are refused, and the event says why" {
	configure '.scripts = "enforce"'
	in_container 'sh -Z /tmp/x.sh || echo "status $?"'
	assert_output "status 126"
	assert_event exec-blocked arguments
}

@test "off: nobody looks" {
	configure '.scripts = "off"'
	in_container "$UNLISTED sh /tmp/x.sh"
	assert_marker
	refute_event script-flagged
}

@test "enforce: a script swapped between the exec and the open" {
	configure '.scripts = "enforce"'
	in_container "$UNLISTED"'
		scriptrace /bin/sh /app/quiet.sh /tmp/x.sh 2000'
	assert_status 0
	refute_marker
	assert_output "other 0"
	[[ $output != *"ok 0 "* && $output != *"killed 0 "* ]] || fail "$output"
	assert_event race-killed not-in-image /tmp/x.sh
}

# The same race is won if only the request is judged.
@test "audit: the same race runs the script" {
	in_container "$UNLISTED"'
		scriptrace /bin/sh /app/quiet.sh /tmp/x.sh 500'
	assert_marker
}

# bats test_tags=debian
@test "enforce: who hasn't opened its script yet, is paused meanwhile, or never does, isn't killed" {
	configure '.scripts = "enforce"'
	start 'for i in 1 2 3 4; do
			(until [ -e /tmp/done ]; do ldd --version >/dev/null || echo "failed: $?"; done) &
		done
		bash --rcfile /app/plain.sh -c "echo begun; until [ -e /tmp/done ]; do sleep 0.1; done; echo ended"
		wait; echo all ended'
	eventually grep -q begun "$T/output" || fail "$(cat "$T/output")"
	moor pause "$ID"
	sleep 11 # a judgement is given up after ten
	moor resume "$ID"
	touch "$ROOT/tmp/done"
	eventually grep -q "all ended" "$T/output" || fail "$(cat "$T/output")"
	[ "$(grep -c "^ended\|failed" "$T/output")" = 1 ] || fail "$(cat "$T/output")"
	refute_event race-killed
	moor delete --force "$ID"
}

@test "an interpreter that asks hears the truth, and the kernel has no say" {
	spec '.process.user = {uid: 1000, gid: 1000}'
	in_container "$UNLISTED"' chmod 755 /tmp/x.sh
		cp /app/executable /tmp/copy; chmod 700 /tmp/copy
		execcheck /tmp/x.sh /tmp/copy /app/executable /app/plain.sh'
	assert_status 0
	assert_output "/tmp/x.sh: Permission denied"
	assert_output "/tmp/copy: yes"
	assert_output "/app/executable: yes"
	assert_output "/app/plain.sh: Permission denied"
	assert_event exec-blocked not-in-image /tmp/x.sh
}

# bats test_tags=debian
@test "enforce tells interpreters to ask, in sessions as well" {
	configure '.scripts = "enforce"'
	start 'perl -e "printf qq(bits %d\n), syscall(157, 27, 0, 0, 0, 0)"; sleep 60'
	eventually grep -q "bits 768" "$T/output" || fail "$(cat "$T/output")"
	run moor exec "$ID" perl -e 'printf "bits %d\n", syscall(157, 27, 0, 0, 0, 0)'
	assert_output "bits 768"
	moor delete --force "$ID"
}
