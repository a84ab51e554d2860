/* nothing - the smallest program of the image: does nothing, successfully. */
int main(void)
{
	return 0;
}
