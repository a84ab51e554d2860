/* A library without headers of Java or Python: native_name for ctypes, and a
 * method of the class Native. NAME makes each archive's own. */
static const char name[] = "original " NAME;

const char *native_name(void);
int Java_Native_letter(void *env, void *class, int at);

const char *native_name(void)
{
	return name;
}

int Java_Native_letter(void *env, void *class, int at)
{
	(void)env;
	(void)class;
	return at < (int)sizeof(name) ? name[at] : 0;
}
