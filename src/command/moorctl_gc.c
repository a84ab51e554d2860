#include "moorctl.h"

#include "gc.h"
#include "settings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

int command_gc(int argc, char *argv[])
{
	struct config config = {0};
	struct gc_report report;
	struct err e = {0};
	int rc;

	if (argc > 1) {
		(void)fprintf(stderr,
			      "moorctl: gc: can't tell what %s means: it takes "
			      "no argument\n",
			      argv[1]);
		return EXIT_USAGE;
	}
	rc = settings_load(&config, &e);
	if (rc == 0)
		rc = gc_run(&config, &report, &e);
	if (rc == 0)
		(void)printf("%llu files removed, %llu bytes, %llu seals of "
			     "volumes among them; %llu bytes kept in %s\n",
			     (unsigned long long)report.removed,
			     (unsigned long long)report.removed_bytes,
			     (unsigned long long)report.removed_seals,
			     (unsigned long long)report.kept_bytes,
			     config.cache_dir);
	else if (e.code == EAGAIN)
		(void)fprintf(stderr,
			      "moorctl: containers are being sealed: try "
			      "again\n");
	else
		(void)fprintf(stderr, "moorctl: %s\n", e.text);
	config_clear(&config);
	return rc == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
