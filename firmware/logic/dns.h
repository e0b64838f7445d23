/*
 * Names on the access point: every one is this device, so that phones show the
 * page for setting it up. Built from the question as it came; nothing is trusted.
 */
#ifndef FW_DNS_H
#define FW_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    FW_DNS_MAX = 512 /* bytes of a message, either way */
};

/*
 * Writes the answer to a question; `address` is an IPv4 address as it is on the
 * wire. Gives its size; 0: this is no question that deserves an answer.
 */
size_t fw_dns_answer(const uint8_t *question, size_t count, const uint8_t address[4],
                     uint8_t answer[FW_DNS_MAX]);

#endif
