/*
 * caller - the permissions with which a target requests a program. Source:
 * proc_pid_status(5), acl(5), capabilities(7).
 */
#pragma once

#include "identity.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* The target may execute the file, by its permissions and capabilities; access
 * control lists aren't looked at. */
bool caller_may_execute(pid_t tid, const struct identity *file);

/* The kernel is sure to refuse the file, opened with O_PATH, as a program of
 * the target's: by its type, its mount, or its permissions. False if that isn't
 * certain. */
bool caller_is_refused(pid_t tid, int fd, const struct identity *file);

/* The target's file system user, who owns what it makes. UINT32_MAX: not
 * known. */
uint32_t caller_user(pid_t tid);
