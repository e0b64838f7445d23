/* Server-sent events: what is new, as soon as it is. */
#include "reader/bridge/call.h"

static const mep_time SIGN_OF_LIFE_US = 15000000;

/* Puts the event's name before its data, if any data comes. */
struct event {
    struct reader_out *out;
    const char *name;
    bool begun;
};

static bool give(void *context, const char *bytes, size_t count)
{
    struct event *event = context;

    if (!event->begun) {
        reader_out_text(event->out, "event: ");
        reader_out_text(event->out, event->name);
        reader_out_text(event->out, "\ndata: ");
    }
    event->begun = true;
    reader_out_bytes(event->out, bytes, count);
    return !event->out->failed;
}

static struct reader_out begin(struct event *event, const char *name, struct reader_out *out)
{
    struct reader_out to;

    *event = (struct event){.out = out, .name = name};
    reader_out_init(&to, give, event);
    return to;
}

static void end(const struct event *event)
{
    if (event->begun)
        reader_out_text(event->out, "\n\n");
}

static void give_link(const struct reader_meter *meter, mep_time now, struct reader_out *out)
{
    struct event event;
    struct reader_out to = begin(&event, "link", out);

    reader_document_link(meter, now, &to);
    end(&event);
}

static void give_reading(const struct reader_meter *meter, mep_time now, struct reader_out *out)
{
    struct event event;
    struct reader_out to = begin(&event, "reading", out);

    reader_document_reading(meter, now, &to);
    end(&event);
}

static void give_info(struct reader_out *out)
{
    struct event event;
    struct reader_out to = begin(&event, "info", out);

    reader_out_text(&to, "{}");
    end(&event);
}

static void give_news(const struct reader_meter *meter, mep_time now,
                      const struct reader_http_stream *stream, struct reader_out *out)
{
    if (stream->infos != meter->infos)
        give_info(out);
    if (stream->links != meter->links)
        give_link(meter, now, out);
    if (stream->readings != meter->readings)
        give_reading(meter, now, out);
}

static void given(struct reader_http_stream *stream, mep_time now)
{
    stream->infos = stream->meter->infos;
    stream->links = stream->meter->links;
    stream->readings = stream->meter->readings;
    stream->sent_at = now;
}

static bool may_see(const struct reader_bridge *bridge, mep_time now,
                    const struct reader_http_stream *stream)
{
    return bridge->settings->http_public || http_session_is_alive(bridge, now, stream->session);
}

void reader_http_stream(struct reader_bridge *bridge, mep_time now,
                        struct reader_http_stream *stream, struct reader_out *out)
{
    size_t before = out->total;

    if (stream->meter == NULL || !may_see(bridge, now, stream)) {
        out->failed = true;
        return;
    }
    give_news(stream->meter, now, stream, out);
    if (out->total == before && now - stream->sent_at >= SIGN_OF_LIFE_US)
        reader_out_text(out, ":\n\n");
    if (out->total != before)
        given(stream, now);
}

enum reader_http_result http_get_events(struct http_call *call)
{
    http_json(call, 200);
    call->response->content_type = "text/event-stream";
    call->stream->meter = call->meter;
    call->stream->session = call->session != NULL ? call->session->number : 0;
    give_link(call->meter, call->now, call->out);
    give_reading(call->meter, call->now, call->out);
    given(call->stream, call->now);
    return READER_HTTP_STREAM;
}
