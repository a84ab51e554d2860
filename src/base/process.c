#include "process.h"

#include "attr.h"

void process_info_clear(struct process_info *process)
{
	free(process->executable);
	free(process->cwd);
	free(process->name);
	free(process->args);
	*process = (struct process_info){0};
}
