/* The one thing this client says to a port with TLS security: a hello (guide, p.7-9, 17). */
#ifndef MEP_TLS_H
#define MEP_TLS_H

#include "mep/mep.h"

/* Writes the frame's content of a first handshake request, a ClientHello that offers the guide's
 * cipher suite; gives its size (< 64). */
size_t mep_tls_hello(uint8_t *frame);

/* The same for the request that ends a session, begun or not. */
size_t mep_tls_goodbye(uint8_t *frame);

/* Whether a frame's content is a TLS record that answers it. */
bool mep_tls_answer(const uint8_t *frame, size_t size);

#endif
