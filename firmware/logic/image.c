#include "firmware/logic/image.h"

#include <string.h>

enum {
    MAGIC_IMAGE = 0xe9,
    AT_CHIP = 12,
    AT_DESCRIPTION = 24 + 8,
    AT_SECURE = AT_DESCRIPTION + 4,
    AT_VERSION = AT_DESCRIPTION + 16,
    AT_PROJECT = AT_VERSION + FW_IMAGE_TEXT,
    NUMBER_MAX = 1000000
};

static const uint32_t magic_description = 0xabcd5432;

static uint32_t get32(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static bool take_number(const char **at, int *number)
{
    if (**at < '0' || **at > '9')
        return false;
    for (*number = 0; **at >= '0' && **at <= '9'; ++*at) {
        *number = *number * 10 + (**at - '0');
        if (*number > NUMBER_MAX)
            return false;
    }
    return true;
}

/* Three numbers and how many commits follow them. */
static bool parse(const char *text, int number[4])
{
    if (*text == 'v')
        text++;
    for (int i = 0; i < 3; i++) {
        if (i != 0 && *text++ != '.')
            return false;
        if (!take_number(&text, &number[i]))
            return false;
    }
    number[3] = 0;
    if (*text == '-') {
        text++;
        const char *commits = text;
        if (!take_number(&commits, &number[3]) || *commits != '-')
            number[3] = 0;
    }
    return true;
}

bool fw_version_compare(const char *a, const char *b, int *order)
{
    int left[4], right[4];

    *order = 0;
    if (!parse(a, left) || !parse(b, right))
        return false;
    for (int i = 0; i < 4 && *order == 0; i++)
        *order = (left[i] > right[i]) - (left[i] < right[i]);
    return true;
}

static enum fw_image_problem judge(const struct fw_image *image, size_t size,
                                   const struct fw_image_rules *rules)
{
    int order;

    if (image->chip != rules->chip)
        return FW_IMAGE_OTHER_CHIP;
    if (strcmp(image->project, rules->project) != 0)
        return FW_IMAGE_OTHER_PROJECT;
    if (size > rules->slot_size)
        return FW_IMAGE_TOO_LARGE;
    if (image->secure_version < rules->secure_version)
        return FW_IMAGE_INSECURE;
    if (rules->allow_older)
        return FW_IMAGE_OK;
    if (!fw_version_compare(image->version, rules->version, &order))
        return FW_IMAGE_NO_VERSION;
    return order < 0 ? FW_IMAGE_OLDER : FW_IMAGE_OK;
}

enum fw_image_problem fw_image_check(const uint8_t *head, size_t count, size_t size,
                                     const struct fw_image_rules *rules, struct fw_image *image)
{
    memset(image, 0, sizeof *image);
    if (count >= 1 && head[0] != MAGIC_IMAGE)
        return FW_IMAGE_NOT_ONE;
    if (count < FW_IMAGE_HEAD || (size != 0 && size < FW_IMAGE_HEAD))
        return FW_IMAGE_SHORT;
    if (get32(head + AT_DESCRIPTION) != magic_description)
        return FW_IMAGE_NOT_ONE;
    image->chip = (uint16_t)(head[AT_CHIP] | head[AT_CHIP + 1] << 8);
    image->secure_version = get32(head + AT_SECURE);
    memcpy(image->version, head + AT_VERSION, FW_IMAGE_TEXT);
    memcpy(image->project, head + AT_PROJECT, FW_IMAGE_TEXT);
    return judge(image, size, rules);
}

const char *fw_image_problem_text(enum fw_image_problem problem)
{
    static const char *const texts[FW_IMAGE_PROBLEMS] = {
        [FW_IMAGE_OK] = "",
        [FW_IMAGE_SHORT] = "ends too early for a firmware image; send meplink.bin",
        [FW_IMAGE_NOT_ONE] = "is no application image; send meplink.bin, not the bootloader or a "
                             "merged file",
        [FW_IMAGE_OTHER_CHIP] = "is made for another chip than this board's",
        [FW_IMAGE_OTHER_PROJECT] = "is another project's; images of meplink are accepted",
        [FW_IMAGE_TOO_LARGE] = "is larger than the slot for it",
        [FW_IMAGE_NO_VERSION] = "has no version that can be compared; allow older versions to "
                                "install it all the same",
        [FW_IMAGE_OLDER] = "is older than what runs; allow older versions to install it all the "
                           "same",
        [FW_IMAGE_INSECURE] = "is older than the last one with a security fix, which this chip "
                              "refuses to go behind",
    };
    return texts[problem];
}
