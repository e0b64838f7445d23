/* What is known of a meter: its reading, its link, its information, its exchanges. */
#include "reader/bridge/call.h"

static const char silent[] = "no reading is fresh; link says why";

enum reader_http_result http_get_latest(struct http_call *call)
{
    enum reader_link link = reader_link(call->meter->reader);

    if (reader_document_reading(call->meter, call->now, http_json(call, 200)))
        return READER_HTTP_DONE;
    struct reader_out *out = http_json(call, 503);
    reader_json_begin(out, NULL);
    reader_json_string(out, "error", "no_reading");
    reader_json_string(out, "message", silent);
    reader_json_string(out, "link", reader_link_name(link));
    reader_json_string(out, "text", reader_link_text(link));
    reader_json_string(out, "causes", reader_link_causes(link));
    reader_json_end(out);
    return READER_HTTP_DONE;
}

enum reader_http_result http_get_info(struct http_call *call)
{
    reader_document_info(call->meter, http_json(call, 200));
    return READER_HTTP_DONE;
}

enum reader_http_result http_get_link(struct http_call *call)
{
    reader_document_link(call->meter, call->now, http_json(call, 200));
    return READER_HTTP_DONE;
}

enum reader_http_result http_get_exchanges(struct http_call *call)
{
    if (call->meter->log == NULL)
        return http_error(call, 404, "no_exchanges", "this device keeps no exchanges");
    struct reader_out *out = http_json(call, 200);
    reader_json_begin(out, NULL);
    reader_exchanges_json(call->meter->log, call->meter->reader, call->now, out, "exchanges");
    reader_json_end(out);
    return READER_HTTP_DONE;
}

enum reader_http_result http_get_dash(struct http_call *call)
{
    if (reader_legacy_dash(call->meter, call->now, call->bridge->version, http_json(call, 200)))
        return READER_HTTP_DONE;
    return http_error(call, 503, "no_reading", silent);
}
