/* Passwords are made into hashes by the host, one at a time, since it is slow on purpose. */
#include "reader/bridge/call.h"
#include "reader/bridge/password.h"

#include <string.h>

void reader_bridge_derived(struct reader_bridge *bridge, const uint8_t hash[READER_HASH_SIZE],
                           bool ok)
{
    struct reader_derive_job *job = &bridge->derive;

    if (job->state != READER_JOB_RUNNING)
        return;
    job->ok = ok;
    if (ok)
        memcpy(job->hash, hash, sizeof job->hash);
    job->state = job->ticket != 0 ? READER_JOB_DONE : READER_JOB_NONE;
    job->at = 0; /* nobody else has seen it yet */
}

/* Whose it was does not come back. */
static void give_up(struct reader_derive_job *job, mep_time now)
{
    if (job->at == 0)
        job->at = now;
    else if (now - job->at >= READER_JOB_KEPT_US)
        job->state = READER_JOB_NONE;
}

static bool begin(struct http_call *call, const char *text, const struct reader_password *password,
                  bool is_new)
{
    const struct reader_host *host = call->bridge->host;
    struct reader_derive_job *job = &call->bridge->derive;

    job->iterations = !is_new                 ? password->iterations
                      : host->iterations != 0 ? host->iterations
                                              : READER_KDF_ITERATIONS;
    if (is_new)
        host->random(host->context, job->salt, sizeof job->salt);
    else
        memcpy(job->salt, password->salt, sizeof job->salt);
    if (!host->derive(host->context, text, job->salt, job->iterations))
        return false;
    job->state = READER_JOB_RUNNING;
    job->ticket = call->request->ticket = ++call->bridge->tickets;
    return true;
}

enum http_derived http_derive(struct http_call *call, const char *text,
                              struct reader_password *password, bool is_new)
{
    struct reader_derive_job *job = &call->bridge->derive;
    bool ours = call->request->ticket != 0 && job->ticket == call->request->ticket;

    if (job->state == READER_JOB_DONE && !ours)
        give_up(job, call->now);
    if (job->state == READER_JOB_NONE)
        ours = begin(call, text, password, is_new);
    if (!ours || job->state != READER_JOB_DONE)
        return ours || http_wait(call, "other passwords are being checked; try again later") ==
                           READER_HTTP_WAIT
                   ? HTTP_DERIVE_WAIT
                   : HTTP_DERIVE_BUSY;
    *password = (struct reader_password){.iterations = job->iterations};
    memcpy(password->salt, job->salt, sizeof password->salt);
    memcpy(password->hash, job->hash, sizeof password->hash);
    job->state = READER_JOB_NONE;
    job->ticket = call->request->ticket = 0;
    return job->ok ? HTTP_DERIVE_DONE : HTTP_DERIVE_FAILED;
}
