#include "firmware/logic/calls.h"

#include <string.h>

static char *free_text(struct fw_calls *calls)
{
    for (size_t i = 0; i < FW_CALL_TEXTS; i++) {
        size_t k = 0;
        while (k < FW_CALLS && calls->call[k].text != calls->text[i])
            k++;
        if (k == FW_CALLS)
            return calls->text[i];
    }
    return NULL;
}

struct fw_call *fw_calls_take(struct fw_calls *calls, int socket)
{
    char *text = free_text(calls);

    for (size_t i = 0; i < FW_CALLS && text != NULL; i++) {
        struct fw_call *call = &calls->call[i];
        if (call->state == FW_CALL_FREE) {
            memset(call, 0, sizeof *call);
            call->state = FW_CALL_ANSWERING;
            call->socket = socket;
            call->text = text;
            return call;
        }
    }
    return NULL;
}

char *fw_call_room(struct fw_call *call, size_t size)
{
    char *text = call->text + call->filled;

    if (size >= FW_CALL_TEXT - call->filled)
        return NULL;
    call->filled += size + 1;
    return text;
}

void fw_call_forget(struct fw_call *call)
{
    if (call->text != NULL)
        memset(call->text, 0, FW_CALL_TEXT);
    call->text = NULL;
}

void fw_call_end(struct fw_call *call)
{
    fw_call_forget(call);
    call->state = FW_CALL_FREE;
}

bool fw_call_stream(struct fw_calls *calls, struct fw_call *call)
{
    size_t streams = 0;

    for (size_t i = 0; i < FW_CALLS; i++)
        streams += calls->call[i].state == FW_CALL_STREAMING;
    if (streams >= FW_CALL_STREAMS)
        return false;
    call->state = FW_CALL_STREAMING;
    fw_call_forget(call);
    return true;
}
