/*
 * What a guest at the access point asks the name server. Whatever comes, an answer
 * is that question with at most one record behind it, which is the board's address.
 */
#include "firmware/logic/dns.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t address[4] = {192, 168, 4, 1};
    uint8_t answer[FW_DNS_MAX + 1];
    uint8_t *question = malloc(size + (size == 0)); /* ends where the input does */

    if (question == NULL)
        return 0;
    memcpy(question, data, size);
    answer[FW_DNS_MAX] = 0xa5;
    size_t count = fw_dns_answer(question, size, address, answer);
    bool has_record = count != 0 && answer[7] == 1;
    size_t end = has_record ? count - 16 : count;
    if (count > FW_DNS_MAX || answer[FW_DNS_MAX] != 0xa5 || end > size)
        abort();
    if (count != 0 && (answer[0] != data[0] || answer[1] != data[1] || (answer[2] & 0x80) == 0 ||
                       (data[2] & 0x80) != 0 || memcmp(answer + 12, data + 12, end - 12) != 0))
        abort();
    if (has_record && memcmp(answer + count - 4, address, 4) != 0)
        abort();
    free(question);
    return 0;
}
