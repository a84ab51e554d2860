/*
 * filesystem - what the kind of a file's file system says of its content.
 * Source: statfs(2).
 */
#pragma once

#include <stdbool.h>

/* ctime changes with the content: not on tmpfs, whose shared mappings never
 * change it. */
bool filesystem_keeps_ctime(int fd);

/* Content stays as it was read until somebody writes this very inode: no
 * network, no FUSE, and no overlay, whose layers its mounter can write. */
bool filesystem_is_stable(int fd);

bool filesystem_is_overlay(int fd);

/* A server answers reads, or doesn't: network, FUSE. */
bool filesystem_may_block(int fd);

/* tmpfs, hugetlbfs, ramfs. */
bool filesystem_is_memory(int fd);

/* The kernel's own data shown as files (procfs, sysfs, …): no programs, and
 * some change something, or make the kernel work hard, when they are read. */
bool filesystem_is_kernels(int fd);
