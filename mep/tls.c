#include "mep/tls.h"

#include <string.h>

size_t mep_tls_hello(uint8_t *frame)
{
    static const uint8_t begin[] = {
        MEP_TLS_HANDSHAKE,
        0x16,
        0x03,
        0x03,
        0x00,
        0x2f, /* record: handshake, TLS 1.2, 47 bytes */
        0x01,
        0x00,
        0x00,
        0x2b, /* ClientHello of 43 bytes */
        0x03,
        0x03, /* TLS 1.2; then 32 bytes of random, no secret here */
    };
    static const uint8_t end[] = {
        0x00,                               /* no session */
        0x00, 0x04, 0x00, 0xa9, 0x00, 0xff, /* TLS_PSK_WITH_AES_256_GCM_SHA384, and RFC 5746 */
        0x01, 0x00,                         /* no compression */
    };

    memcpy(frame, begin, sizeof begin);
    memset(frame + sizeof begin, 0x4d, 32);
    memcpy(frame + sizeof begin + 32, end, sizeof end);
    return sizeof begin + 32 + sizeof end;
}

size_t mep_tls_goodbye(uint8_t *frame)
{
    frame[0] = MEP_TLS_TERMINATE;
    frame[1] = 0; /* at least one byte, any (p.7) */
    return 2;
}

bool mep_tls_answer(const uint8_t *frame, size_t size)
{
    /* ok, then a handshake record of TLS 1.x or an alert */
    return size > 6 && frame[0] == MEP_CODE_OK && (frame[1] == 0x16 || frame[1] == 0x15) &&
           frame[2] == 0x03;
}
