# Programs of other machines, by an interpreter that the host's binfmt_misc
# keeps open (flag F), from wherever it was registered.
load helpers

# bats file_tags=once,overlay

# A program of the machine that this test makes up, with what it is to do.
foreign() { # FILE WORD
	{
		printf '\x7fELF\x02\x01\x01\x00%-8.8s' "${T##*.}"
		head -c 48 /dev/zero
		echo "$2"
	} >"$1"
	chmod 755 "$1"
}

image_extra() {
	foreign "$1/foreign" image
	printf '#!/foreign\n' >"$1/by-script"
	chmod 755 "$1/by-script"
	foreign "$1/data" marker
	gzip -n "$1/data"
}

setup() {
	setup_bundle "$RUNTIME" "$ROOTFS" "$LAYOUT"
	mkdir "$T/binfmt"
	mount -t binfmt_misc none "$T/binfmt"
	DROP='gzip -dc </data.gz >/tmp/x; chmod 755 /tmp/x; '
}

teardown() {
	[ ! -e "$T/binfmt/$ID" ] || echo -1 >"$T/binfmt/$ID"
	umount "$T/binfmt"
	teardown_bundle
}

# Registers an interpreter for bytes of this test only, which stand in the
# padding of an ELF header: an entry holds for all programs of the machine. As
# with an engine's helper container, the registered file has no name on the host
# once that has ended.
register() { # FLAGS
	[ ! -e "$T/binfmt/$ID" ] || echo -1 >"$T/binfmt/$ID"
	cp "$IMAGES/programs/opt/test/bin/foreign" "$T/interpreter"
	echo >>"$T/interpreter" # it isn't the image's
	printf ':%s:M:8:%-8.8s::%s:%s' "$ID" "${T##*.}" "$T/interpreter" "$1" >"$T/binfmt/register"
	mv "$T/interpreter" "$T/was-interpreter"
}

@test "a foreign program of the image runs, however its interpreter is started" {
	local flags
	for flags in F OF POF PCF; do
		register $flags
		in_container '/foreign a b; /by-script c'
		assert_status 0
		assert_output "/foreign a b: image"
		assert_output "/foreign /by-script c: image"
		refute_event race-killed
		refute_event exec-blocked
	done
	[ "$(find "$T/cache/manifests" -type f | wc -l)" = 5 ]
}

@test "a foreign program that the image didn't ship is refused" {
	local flags
	for flags in F OF; do
		register $flags
		in_container "$DROP /tmp/x"
		assert_status 126
		assert_refused not-in-image /tmp/x
		in_container "$DROP"'cat /tmp/x >/foreign; /foreign'
		assert_status 126
	done
	refute_marker
}

@test "binfmt: deny, by configuration or annotation, knows no such interpreter" {
	register OF
	configure '.binfmt = "deny"'
	in_container '/foreign'
	assert_status 137
	assert_event race-killed
	configure 'del(.binfmt)'
	annotate binfmt deny
	in_container '/foreign'
	assert_status 137
}

@test "one that is registered after the create is drift" {
	start 'while [ ! -e /tmp/go ]; do sleep 0.1; done; /foreign; echo "status $?"'
	register OF
	touch "$ROOT/tmp/go"
	eventually grep -q 'status 137' "$T/output"
}

@test "where scripts are enforced, what it opens by its name isn't good enough" {
	configure '.scripts = "enforce"'
	register F
	in_container '/foreign'
	assert_status 137
	register OF
	in_container '/foreign'
	assert_status 0
}

@test "the interpreter itself, which the container has too, runs nothing that isn't shipped" {
	register F
	: >"$T/interpreter"
	spec '.mounts += [{destination: $at, type: "bind", source: $was, options: ["bind", "rw"]}]' \
		--arg at "$T/interpreter" --arg was "$T/was-interpreter"
	in_container "$DROP"'/foreign && "'"$T/interpreter"'" /tmp/x'
	[ "$status" != 0 ]
	refute_marker
	in_container "$DROP"'"'"$T/interpreter"'"; printf "#!'"$T/interpreter"' /foreign\n" >/tmp/y; chmod 755 /tmp/y; /tmp/y'
	[ "$status" != 0 ]
	refute_marker
}

# An upgrade removes what is registered, and changes its ctime by that.
@test "an interpreter that has lost its name since it was sealed" {
	register OF
	in_container '/foreign'
	assert_status 0
	rm "$T/was-interpreter"
	in_container '/foreign'
	assert_status 0
}
