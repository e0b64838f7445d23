/*
 * What the first bytes of a firmware image say, and whether this board should
 * take it. Whether it is genuine only its signature says, once it is here whole.
 */
#ifndef FW_IMAGE_H
#define FW_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    FW_IMAGE_HEAD = 24 + 8 + 256, /* image header, first segment's header, description */
    FW_IMAGE_TEXT = 32            /* of a version or a name, ended by a NUL in what is read here */
};

enum fw_image_problem {
    FW_IMAGE_OK,
    FW_IMAGE_SHORT,
    FW_IMAGE_NOT_ONE, /* no application image */
    FW_IMAGE_OTHER_CHIP,
    FW_IMAGE_OTHER_PROJECT,
    FW_IMAGE_TOO_LARGE,
    FW_IMAGE_NO_VERSION, /* none that could be compared */
    FW_IMAGE_OLDER,      /* than what runs, and that was not allowed */
    FW_IMAGE_INSECURE,   /* an anti-rollback version below the chip's: never allowed */
    FW_IMAGE_PROBLEMS
};

struct fw_image {
    uint16_t chip; /* 0 ESP32, 5 ESP32-C3 */
    uint32_t secure_version;
    char version[FW_IMAGE_TEXT + 1], project[FW_IMAGE_TEXT + 1];
};

/* What this board takes. */
struct fw_image_rules {
    uint16_t chip;
    uint32_t secure_version;
    const char *project;
    const char *version; /* which runs */
    size_t slot_size;
    bool allow_older;
};

/* Reads a head of `count` bytes, of an image of `size` bytes in all (0: not known). */
enum fw_image_problem fw_image_check(const uint8_t *head, size_t count, size_t size,
                                     const struct fw_image_rules *rules, struct fw_image *image);

/*
 * Below 0, 0 or above 0: "1.2.3" or "v1.2.3-4-gabc" is older than, equal to or
 * newer than another. What follows the third number is not compared, but for how
 * many commits it is ahead. False: one of them is no such version.
 */
bool fw_version_compare(const char *a, const char *b, int *order);

/* What is wrong, and what is accepted: one line. */
const char *fw_image_problem_text(enum fw_image_problem problem);

#endif
