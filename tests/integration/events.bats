# Events are one JSON object a line, valid against the schema, with the facts of
# the refusal.
load helpers

# bats file_tags=twice

blocked() { # FILTER
	events 'select(.event.action == "exec-blocked") | '"$1"
}

@test "a refusal says who wanted to execute what" {
	spec '.process.cwd = "/opt/test" | .process.user = {uid: 1000, gid: 1001}
		| .annotations = {"io.kubernetes.cri.sandbox-name": "web-7f",
			"io.kubernetes.cri.sandbox-namespace": "shop",
			"io.kubernetes.cri.image-name": "registry.example/web:1"}'
	in_container 'drop marker /tmp/x; chmod 4751 /tmp/x; echo $$; /tmp/x one "two
three" ; exit 0'
	refute_marker
	assert_event exec-blocked not-in-image /tmp/x
	[ "$(blocked '.event.outcome')" = '"failure"' ]
	[ "$(blocked '."@timestamp" | test("^20..-..-..T..:..:..")')" = true ]
	[ "$(blocked '.container.id')" = "\"$ID\"" ]
	[ "$(blocked '.runmoor.bundle')" = "\"$BUNDLE\"" ]
	[ "$(blocked '.container.image.name')" = '"registry.example/web:1"' ]
	[ "$(blocked '.orchestrator.namespace')" = '"shop"' ]
	[ "$(blocked '.orchestrator.resource.name')" = '"web-7f"' ]
	[ "$(blocked '.process.pid > 1')" = true ]
	[ "$(blocked '.process.parent.pid > 1')" = true ]
	[ "$(blocked '.process.working_directory')" = '"/opt/test"' ]
	[ "$(blocked '.process.user.id')" = '"1000"' ]
	[ "$(blocked '.process.group.id')" = '"1001"' ]
	[ "$(blocked '.process.executable | test("/(bash|dash|sh|busybox)$")')" = true ]
	[ "$(blocked '.process.args[1]')" = '"-c"' ]
	[ "$(blocked '.file.path')" = '"/tmp/x"' ]
	[ "$(blocked '.file.size')" = "$(stat -c %s "$ROOT/tmp/x")" ]
	[ "$(blocked '.file.mode')" = '"4751"' ]
	[ "$(blocked '.file.uid')" = '"1000"' ]
	[ "$(blocked '.file.hash.sha256')" = "\"$(sha256sum <"$ROOT/tmp/x" | cut -d' ' -f1)\"" ]
	[ "$(blocked '.file.mtime | length > 0')" = true ]
	[ "$(blocked '.runmoor.reason')" = '"not-in-image"' ]
	[ "$(blocked '.runmoor.policy.mode')" = '"enforce"' ]
}

@test "the events of a container's life come in order" {
	start 'drop marker /tmp/x; /tmp/x; echo ready >/tmp/ready; while :; do sleep 1; done'
	eventually test -e "$ROOT/tmp/ready"
	moor exec "$ID" /opt/test/bin/nothing
	moor delete --force "$ID"
	assert_event container-released
	[ "$(events .event.action | tr -d '"' | tr '\n' ' ')" = \
		"container-sealed exec-blocked session-opened container-released " ]
}

@test "what a container chooses is escaped, one event a line" {
	in_container 'n=$(printf "/tmp/a\n{\"event\": 1}\033[2J\377"); drop marker "$n"; "$n"; exit 0'
	refute_marker
	assert_event exec-blocked not-in-image
	jq -e . "$T/events.jsonl" >/dev/null
	[ "$(wc -l <"$T/events.jsonl")" = "$(grep -c '^{.*}$' "$T/events.jsonl")" ]
	! grep -qP '[\x00-\x09\x0b-\x1f\x7f]' "$T/events.jsonl"
	iconv -f UTF-8 -t UTF-8 "$T/events.jsonl" >/dev/null
}

@test "long arguments are capped" {
	in_container 'drop marker /tmp/x; a=$(head -c 100000 /dev/zero | tr "\0" a); /tmp/x $a; sh -c "/tmp/x; :" $a; exit 0'
	assert_event exec-blocked not-in-image /tmp/x
	[ "$(wc -L <"$T/events.jsonl")" -lt 20000 ]
}

@test "every event is valid" {
	configure '.libraries = "enforce"'
	in_container 'drop marker /tmp/x; /tmp/x; memfd /tmp/x; fdexec unlinked /tmp/x
		cat /tmp/x >/opt/test/bin/nothing; /opt/test/bin/nothing; mapexec map; threadexec /tmp/x
		traceme plain /tmp/x; printf "#!/tmp/x\n" >/tmp/s; chmod 755 /tmp/s; /tmp/s; exit 0'
	configure '.mode = "audit"'
	ID+=-audit
	in_container 'drop marker /tmp/x; /tmp/x'
	assert_event exec-flagged
	"$REPO/tests/validate-events" "$T/events.jsonl"
}

@test "an event file that is moved away is made anew" {
	start 'drop marker /tmp/x; while [ ! -e /tmp/go ]; do sleep 0.1; done; /tmp/x; while :; do sleep 1; done'
	mv "$T/events.jsonl" "$T/rotated"
	touch "$ROOT/tmp/go"
	assert_event exec-blocked not-in-image /tmp/x
}

# bats test_tags=debian
@test "an exception that meets a script names the script, and one of two the first" {
	configure '.allow = [{path: "/tmp/bash"}, {path: "/tmp/build.sh"}]'
	in_container 'echo "exit 0" >/tmp/build.sh; sh /tmp/build.sh'
	assert_status 0
	assert_event script-flagged "" /tmp/build.sh
	[ "$(events 'select(.file.path == "/tmp/build.sh") | .runmoor.allow_rule')" = 1 ]
	ID+=-both
	in_container 'cp "$(command -v sh)" /tmp/bash; echo >>/tmp/bash; printf "#!/tmp/bash\nexit 0\n" >/tmp/build.sh
		chmod 755 /tmp/build.sh; /tmp/build.sh'
	assert_status 0
	[ "$(events 'select(.event.action == "exec-flagged") | [.file.path, .runmoor.allow_rule]')" = '["/tmp/build.sh",1]' ]
}

@test "where a reason has two causes, the event says which" {
	mkdir -m 777 "$T/volume"
	spec '.mounts += [{destination: "/mnt", source: $volume, options: ["bind", "rw"]}]' \
		--arg volume "$T/volume"
	in_container 'drop marker /mnt/x; /mnt/x; drop marker /tmp/x
		/opt/test/bin/mounts --user --bind /tmp /srv /srv/x; memfd /mnt/x; exit 0'
	refute_marker
	assert_event exec-blocked memory-file
	[[ $(blocked 'select(.file.path == "/mnt/x") | .runmoor.detail') == *"volumes.writable is deny"* ]]
	[[ $(blocked 'select(.runmoor.reason == "memory-file") | .runmoor.detail') == *"written while it runs"* ]]
}
