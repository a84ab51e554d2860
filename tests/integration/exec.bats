# A container may execute the programs of its image, whatever their names are
# now.
load helpers

@test "a program of the image runs" {
	in_container '/opt/test/bin/nothing && echo fine'
	assert_status 0
	[ "$output" = fine ]
	refute_event exec-blocked
}

@test "a dropped program is refused" {
	attack 'drop marker /tmp/x; /tmp/x'
	assert_status 126
	assert_refused not-in-image /tmp/x
	[ "$(events 'select(.event.action == "exec-blocked") | .file.hash.sha256')" = \
		"\"$(gzip -dc <"$IMAGES/programs/opt/test/drop/marker.gz" | sha256sum | cut -d' ' -f1)\"" ]
}

@test "the container goes on after a refusal" {
	in_container 'drop marker /tmp/x; /tmp/x; /opt/test/bin/nothing && echo on'
	assert_status 0
	assert_output on
}

# bats test_tags=debian
@test "a dropped dynamic program is refused" {
	attack 'drop marker-dynamic /tmp/x; /tmp/x'
	assert_status 126
	assert_refused not-in-image /tmp/x
}

@test "a dropped 32-bit program is refused" {
	runs_32_bit || skip "this machine runs no 32-bit programs"
	attack 'drop marker-32 /tmp/x; /tmp/x'
	assert_status 126
	assert_refused not-in-image /tmp/x
}

@test "a 32-bit program of the image runs" {
	runs_32_bit || skip "this machine runs no 32-bit programs"
	in_container '/opt/test/bin/nothing-32'
	assert_status 0
	refute_event exec-blocked
}

@test "a dropped script is refused" {
	attack 'printf "#!/bin/sh\necho x >/tmp/marker\n" >/tmp/x; chmod 755 /tmp/x; /tmp/x'
	assert_status 126
	assert_refused not-in-image /tmp/x
}

# bats test_tags=debian
@test "a dropped script by way of env is refused" {
	attack 'printf "#!/usr/bin/env sh\necho x >/tmp/marker\n" >/tmp/x; chmod 755 /tmp/x; /tmp/x'
	assert_status 126
	assert_refused not-in-image /tmp/x
}

@test "a script of the image is refused with a replaced interpreter" {
	attack 'drop marker /tmp/x; cat /tmp/x >/opt/test/bin/interpreter
		/opt/test/bin/script'
	assert_status 126
	assert_refused interpreter-drift
}

@test "a script of the image runs" {
	in_container '/opt/test/bin/script'
	assert_status 0
	refute_event exec-blocked
}

@test "a script that names a dropped interpreter is refused" {
	attack 'drop marker /tmp/i; printf "#!/tmp/i /tmp/marker\n" >/tmp/x; chmod 755 /tmp/x; /tmp/x'
	assert_status 126
	assert_event exec-blocked
}

@test "an overwritten program is refused" {
	attack 'drop marker /tmp/x; cat /tmp/x >/opt/test/bin/nothing; /opt/test/bin/nothing'
	assert_status 126
	assert_refused modified /opt/test/bin/nothing
}

@test "a program with something appended is refused" {
	in_container 'echo >>/opt/test/bin/nothing; /opt/test/bin/nothing'
	assert_status 126
	assert_refused modified /opt/test/bin/nothing
}

@test "a truncated program is refused" {
	in_container 'head -c 4096 /opt/test/bin/nothing >/tmp/x
		cat /tmp/x >/opt/test/bin/nothing; /opt/test/bin/nothing'
	assert_status 126
	assert_refused modified /opt/test/bin/nothing
}

@test "an emptied program is refused" {
	in_container ': >/opt/test/bin/nothing; /opt/test/bin/nothing'
	assert_status 126
	assert_refused modified /opt/test/bin/nothing
}

@test "a program renamed over one of the image is refused" {
	attack 'drop marker /tmp/x; mv /tmp/x /opt/test/bin/nothing; /opt/test/bin/nothing'
	assert_status 126
	assert_refused modified /opt/test/bin/nothing
}

@test "a copy of a program of the image runs" {
	in_container 'cp /opt/test/bin/nothing /tmp/copy; /tmp/copy'
	assert_status 0
	refute_event exec-blocked
}

@test "a renamed, linked or re-owned program of the image runs" {
	in_container 'cd /opt/test/bin; mv nothing /tmp/moved; /tmp/moved &&
		ln ids /tmp/linked; /tmp/linked && ln -s /tmp/linked /tmp/l; /tmp/l &&
		chown 1:1 fdexec && fdexec empty /tmp/moved'
	assert_status 0
	refute_event exec-blocked
}

@test "a program of the image runs after chmod" {
	in_container 'chmod 700 /opt/test/bin/nothing; /opt/test/bin/nothing'
	assert_status 0
	in_container 'chmod 644 /opt/test/bin/nothing; /opt/test/bin/nothing'
	assert_status 126
	refute_event exec-blocked
}

@test "what isn't there is not found, as ever" {
	in_container '/opt/test/bin/missing || echo "status $?"'
	assert_output "status 127"
	refute_event exec-blocked
}

@test "a memfd is refused, whatever it holds" {
	attack 'drop marker /tmp/x; memfd /tmp/x'
	assert_status 126
	assert_refused memory-file
	in_container 'memfd /opt/test/bin/nothing'
	assert_status 126
}

@test "a program executed through a descriptor is refused" {
	local how
	for how in self thread-self pid dev empty path dirfd nofollow relative; do
		attack "drop marker /tmp/x; fdexec $how /tmp/x"
		assert_status 126
		assert_refused not-in-image
		rm -f "$T/events.jsonl"
	done
}

@test "a program without a name is refused" {
	attack 'drop marker /tmp/x; fdexec unlinked /tmp/x'
	assert_status 126
	assert_event exec-blocked
	attack 'drop marker /tmp/x; tmpfile fd /tmp/x'
	assert_status 126
}

@test "a program of the image runs through a descriptor" {
	local how
	for how in self thread-self pid dev empty path dirfd nofollow relative; do
		in_container "fdexec $how /opt/test/bin/nothing"
		assert_status 0
	done
	refute_event exec-blocked
}

@test "a set-user-ID program of the image keeps its privilege" {
	spec '.process.user = {uid: 65534, gid: 65534}'
	in_container '/opt/test/bin/ids'
	assert_status 0
	[ "$output" = "65534 0" ]
}

@test "a thread that isn't the leader is refused a dropped program" {
	attack 'drop marker /tmp/x; threadexec /tmp/x'
	assert_status 126
	assert_refused not-in-image /tmp/x
}

@test "a thread that isn't the leader runs a program of the image" {
	in_container 'for i in 1 2 3 4 5 6 7 8 9 10; do
		threadexec /opt/test/bin/nothing || exit; done'
	assert_status 0
}

@test "a vforked child is refused a dropped program" {
	attack 'drop marker /tmp/x; vforkexec /tmp/x'
	assert_status 126
	assert_event exec-blocked not-in-image /tmp/x
}

@test "a vforked child runs a program of the image" {
	in_container 'vforkexec /opt/test/bin/nothing'
	assert_status 0
}

@test "shell pipelines of 1,000 programs run" {
	in_container 'i=0; while [ $i -lt 250 ]; do
		echo $i | /bin/cat | /bin/cat | /bin/cat | /bin/cat >/dev/null || exit
		i=$((i + 1)); done; echo $i'
	assert_status 0
	[ "$output" = 250 ]
	refute_event exec-blocked
	refute_event race-killed
}

# Prints how many were refused, whether their events were written or only
# counted.
refusals() {
	events 'select(.event.action == "exec-blocked") | .runmoor.repeated // 1' | jq -s add
}

@test "a thousand refusals are accounted for" {
	in_container 'drop marker /tmp/x; execstorm 1000 /tmp/x'
	assert_output "ok 0 failed 1000"
	refute_marker
	assert_event container-released
	[ "$(refusals)" = 1000 ]
}

@test "a read-only root protects nothing else" {
	spec '.root.readonly = true | .mounts += [{destination: "/tmp",
		type: "tmpfs", source: "tmpfs", options: ["mode=1777"]}]'
	in_container 'drop marker /tmp/x; /tmp/x; ls /tmp; /opt/test/bin/nothing'
	assert_status 0
	[[ $output != *marker* ]]
	assert_event exec-blocked volume /tmp/x
}

@test "a container with a user namespace is protected" {
	spec '.linux.namespaces += [{type: "user"}]
		| .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
		| .linux.gidMappings = .linux.uidMappings'
	attack 'drop marker /tmp/x; /opt/test/bin/nothing && /tmp/x'
	assert_status 126
	assert_refused not-in-image /tmp/x
}

@test "a re-owned program of the image runs, many at a time" {
	in_container 'chown 1:1 /opt/test/bin/nothing
		loop() { i=0; while [ $i -lt 40 ]; do
			/opt/test/bin/nothing || echo refused; i=$((i + 1)); done; }
		loop & loop & loop & loop & wait; echo done'
	[ "$output" = done ]
	refute_event exec-blocked
}
