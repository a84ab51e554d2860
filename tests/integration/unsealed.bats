# Files of the image that bear no mark of an executable, and are mapped as such.
load helpers

# bats file_tags=debian

image_extra() { # FOLDER
	mkdir -p "$1/opt"
	{ printf '\270\007\0\0\0\303'; head -c 8186 /dev/zero; } >"$1/opt/core"
	chmod 644 "$1/opt/core"
}

map() { # FILE...: whether each is mapped executable
	echo "sleep 0.1; for file in $*; do mapexec descriptor 3<\$file && echo mapped \$file; done"
}

# bats test_tags=overlay
@test "an untouched file of a lower layer may be mapped, sealed or not" {
	configure '.libraries = "strict" | .match = "path"'
	in_container "$(map /opt/core); cat /opt/core >/tmp/core; mapexec map"
	assert_output "mapped /opt/core"
	assert_event library-blocked not-in-image /tmp/mapexec.code
	[ "$(events 'select(.event.action == "library-blocked")' | wc -l)" = 1 ]
}

# bats test_tags=plain
@test "where no stat tells, it may not, unless it is sealed as well" {
	in_container "$(map /opt/core)"
	refute_output mapped
	assert_event library-blocked not-in-image /opt/core
	[[ $(events .runmoor.detail) == *"shipped, but not sealed"* ]]
	rm -r "$T/cache"
	configure '.also = ["/opt/**core", "/nowhere"]'
	in_container "$(map /opt/core); cp /opt/core /tmp/core; echo >>/tmp/core; $(map /tmp/core)"
	assert_output "mapped /opt/core"
	refute_output "mapped /tmp/core"
	in_container "echo >>/opt/core; $(map /opt/core)"
	refute_output mapped
	in_container "$(map /opt/core)" # after a restart
	refute_output mapped
	assert_event library-blocked modified /opt/core
}

# bats test_tags=overlay
@test "a copy of it may not, nor itself once it was copied up" {
	in_container "cp -p /opt/core /tmp/core; ln /opt/core /opt/link; $(map /tmp/core /opt/link /opt/core)
		mv /opt/core /opt/moved; touch -r /tmp/core /opt/moved; $(map /opt/moved)"
	refute_output mapped
	[ "$(events 'select(.event.action == "library-blocked") | .runmoor.reason' | sort -u)" = '"not-in-image"' ]
	[ "$(events 'select(.event.action == "library-blocked")' | wc -l)" = 4 ]
}

# bats test_tags=overlay
@test "nor a mount of its own in its place" {
	in_container "cp -p /opt/core /tmp/core
		/opt/test/bin/mounts --user --bind /tmp/core /opt/core /bin/sh -c '$(map /opt/core)'"
	refute_output mapped
	assert_event library-blocked not-in-image /opt/core
}

# bats test_tags=overlay
@test "nor where the container could forge a time" {
	spec '.process.capabilities[] += ["CAP_SYS_TIME"]'
	in_container "$(map /opt/core)"
	refute_output mapped
	assert_event library-blocked not-in-image /opt/core
}
