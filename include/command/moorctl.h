/*
 * moorctl - the commands of the operator's tool: one row each in moorctl.c,
 * one file each. They get their own name as argv[0], and give the exit status.
 */
#pragma once

/* The exit status of a command line that isn't understood; the command itself
 * has said why, and main shows the usage. */
enum { EXIT_USAGE = 2 };

int command_doctor(int argc, char *argv[]);
int command_gc(int argc, char *argv[]);
int command_manifest(int argc, char *argv[]);
int command_policy(int argc, char *argv[]);
