/*
 * filesystem - properties of a file's content that follow from the type of its
 * file system. Source: statfs(2).
 */
#pragma once

#include <stdbool.h>

/* ctime changes with the content; false on tmpfs, whose shared mappings never
 * change it. */
bool filesystem_keeps_ctime(int fd);

/* Content stays as it was read until a process writes this very inode; false
 * for network, FUSE, and overlay, whose layers its mounter can write. */
bool filesystem_is_stable(int fd);

bool filesystem_is_overlay(int fd);

/* A server answers reads, and may never do so: network, FUSE. */
bool filesystem_may_block(int fd);

/* True for tmpfs, hugetlbfs, ramfs. */
bool filesystem_is_memory(int fd);

/* The kernel's own data shown as files (procfs, sysfs, …): no programs, and
 * some change something, or make the kernel work hard, when they are read. */
bool filesystem_is_kernels(int fd);
