# moorctl doctor.
load helpers

# bats file_tags=once

doctor() {
	run env RUNMOOR_CONFIG="$T/config.json" "$@" "$RUNMOOR_BIN/moorctl" doctor
}

@test "a machine that protects containers" {
	doctor
	assert_status 0
	assert_output "ok       seccomp user notification"
	assert_output "vm.memfd_noexec is "
	assert_output "ptrace_scope"
	assert_output "kernel.io_uring_disabled is "
	assert_output "ok       fs.lease-break-time is "
	assert_output "ok       configuration $T/config.json"
	[[ $output != *missing* ]]
}

@test "a configuration with a mistake" {
	configure '.mode = "on"'
	doctor
	assert_status 1
	assert_output "missing  configuration $T/config.json"
	assert_output "mode: must be one of"
}

@test "no runtime" {
	mkdir "$T/empty"
	doctor PATH="$T/empty"
	assert_status 1
	assert_output "missing  runtime: neither runc nor crun is on PATH"
}

@test "a folder that can't be" {
	configure '.cache_dir = "/proc/version/cache"'
	doctor
	assert_status 1
	assert_output "missing  cache_dir /proc/version/cache"
}

@test "what isn't understood" {
	run "$RUNMOOR_BIN/moorctl" doctor --json
	assert_status 2
	assert_output "usage: moorctl"
}
