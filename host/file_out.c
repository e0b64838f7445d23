#include "host/file_out.h"

static bool write_file(void *context, const char *bytes, size_t count)
{
    return fwrite(bytes, 1, count, context) == count;
}

struct reader_out file_out(FILE *file)
{
    struct reader_out out;
    reader_out_init(&out, write_file, file);
    return out;
}
