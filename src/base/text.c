#include "text.h"

#include <stdarg.h>
#include <stdio.h>

char *text_format(const char *format, ...)
{
	char *text = NULL;
	va_list ap;
	int len;

	va_start(ap, format);
	len = vasprintf(&text, format, ap);
	va_end(ap);
	return len < 0 ? NULL : text;
}
