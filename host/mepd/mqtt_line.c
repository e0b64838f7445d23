#include "host/mepd/mqtt_line.h"

#include <errno.h>
#include <mosquitto.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    KEEPALIVE_S = 30,
    LOOP_MS = 250, /* how long the thread does not look whether it is still wanted */
    RETRY_MIN_MS = 1000,
    LASTING_MS = 10000, /* a connection that ends sooner is no better than none */
    CONNECT_MS = 30000, /* without an answer it is given up */
    GONE_LOOKS = 3,     /* at what came before a connection went */
    OPENSSL_SIZE = 200
};

struct mqtt_line {
    void (*wake)(void *context);
    void *context;
    uv_thread_t thread;

    /* The broker's handle, while connected, is used by both threads; `using` keeps it there, and is
     * never held in a callback of the library. */
    uv_mutex_t using;
    struct mosquitto *connected;
    atomic_uint unsent;
    atomic_bool full; /* the loop waits for room */

    uv_mutex_t mutex; /* for all below; nothing else is waited for while it is held */
    uv_cond_t changed;
    struct mqtt_target target;
    bool wanted, ending, orphan;
    unsigned version; /* of what is wanted */
    struct mqtt_news news;
    struct mqtt_notice notice[MQTT_NOTICES];
    unsigned first_notice, notices;

    /* The thread's own, of the connection being made. */
    struct mqtt_target mine;
    unsigned my_version;
    bool answered; /* CONNACK came */
    int refusal;   /* and its code */
    char openssl[OPENSSL_SIZE];
};

/* ---- What the loop is told --------------------------------------------- */

/* Holding the mutex. */
static void wake(struct mqtt_line *line)
{
    if (!line->orphan)
        line->wake(line->context);
}

static void tell(struct mqtt_line *line, enum reader_mqtt_state state, const char *why)
{
    uv_mutex_lock(&line->mutex);
    /* Of what is not wanted any more nothing is told. */
    if (line->my_version == line->version) {
        line->news.state = state;
        snprintf(line->news.why, sizeof line->news.why, "%s", why);
        line->news.connection += state == READER_MQTT_CONNECTED;
        wake(line);
    }
    uv_mutex_unlock(&line->mutex);
}

/* ---- Callbacks of the library, on the thread --------------------------- */

static void on_connect(struct mosquitto *handle, void *context, int code)
{
    struct mqtt_line *line = context;

    line->answered = true;
    line->refusal = code;
    if (code == 0 && line->mine.subscription[0] != 0)
        mosquitto_subscribe(handle, NULL, line->mine.subscription, 1);
}

static void on_publish(struct mosquitto *handle, void *context, int id)
{
    struct mqtt_line *line = context;

    (void)handle;
    (void)id;
    if (atomic_fetch_sub(&line->unsent, 1) <= MQTT_UNSENT_MAX / 2 &&
        atomic_exchange(&line->full, false)) {
        uv_mutex_lock(&line->mutex);
        wake(line);
        uv_mutex_unlock(&line->mutex);
    }
}

static void on_message(struct mosquitto *handle, void *context,
                       const struct mosquitto_message *message)
{
    struct mqtt_line *line = context;

    (void)handle;
    if (message->payloadlen < 0 || message->payloadlen > MQTT_NOTICE_SIZE ||
        strlen(message->topic) >= MQTT_NOTICE_TOPIC)
        return;
    uv_mutex_lock(&line->mutex);
    if (line->notices == MQTT_NOTICES) {
        line->first_notice++;
        line->notices--;
    }
    struct mqtt_notice *notice =
        &line->notice[(line->first_notice + line->notices++) % MQTT_NOTICES];
    snprintf(notice->topic, sizeof notice->topic, "%s", message->topic);
    notice->size = (size_t)message->payloadlen;
    if (notice->size != 0)
        memcpy(notice->payload, message->payload, notice->size);
    wake(line);
    uv_mutex_unlock(&line->mutex);
}

/* Only here does the library say what is wrong with a certificate. */
static void on_log(struct mosquitto *handle, void *context, int level, const char *text)
{
    struct mqtt_line *line = context;

    (void)handle;
    if (level != MOSQ_LOG_ERR || line->openssl[0] != 0)
        return;
    const char *last = strstr(text, "OpenSSL Error") == NULL ? NULL : strrchr(text, ':');
    if (last != NULL || strstr(text, "verification") != NULL)
        snprintf(line->openssl, sizeof line->openssl, "%s", last == NULL ? text : last + 1);
}

/* ---- Why it failed ----------------------------------------------------- */

static void tell_refused(struct mqtt_line *line)
{
    /* 4 and 5 of MQTT 3.1.1 */
    bool credentials = line->refusal == 4 || line->refusal == 5;

    tell(line, credentials ? READER_MQTT_REFUSED : READER_MQTT_FAILED,
         credentials ? "the broker refuses the user name or the password"
                     : mosquitto_connack_string(line->refusal));
}

static void tell_failed(struct mqtt_line *line, int result, int error, bool was_connected)
{
    char why[MQTT_WHY];

    if (line->openssl[0] != 0) {
        /* Certificates and keys, ours and theirs; not a peer that knows no TLS. */
        bool refused = strstr(line->openssl, "certificate") != NULL ||
                       strstr(line->openssl, "verification") != NULL ||
                       strstr(line->openssl, "key") != NULL;
        snprintf(why, sizeof why, "TLS: %s", line->openssl);
        tell(line, refused ? READER_MQTT_REFUSED : READER_MQTT_FAILED, why);
        return;
    }
    if (result == MOSQ_ERR_ERRNO)
        snprintf(why, sizeof why, "%s", strerror(error));
    else if (result == MOSQ_ERR_EAI)
        snprintf(why, sizeof why, "%s", gai_strerror(error));
    else if (result == MOSQ_ERR_CONN_LOST && !was_connected)
        snprintf(why, sizeof why, "%s",
                 "the broker refuses or closes the connection before it answers");
    else
        snprintf(why, sizeof why, "%s", mosquitto_strerror(result));
    tell(line, READER_MQTT_FAILED, why);
}

/* ---- A connection ------------------------------------------------------ */

static bool is_wanted(struct mqtt_line *line)
{
    uv_mutex_lock(&line->mutex);
    bool wanted = line->wanted && !line->ending && line->my_version == line->version;
    uv_mutex_unlock(&line->mutex);
    return wanted;
}

static bool readable(struct mqtt_line *line, const char *key, const char *path)
{
    char why[MQTT_WHY];
    FILE *file = path[0] == 0 ? NULL : fopen(path, "re");

    if (file != NULL)
        fclose(file);
    if (file != NULL || path[0] == 0)
        return true;
    snprintf(why, sizeof why, "%s: %.150s: %s", key, path, strerror(errno));
    tell(line, READER_MQTT_REFUSED, why);
    return false;
}

static const char *unless_empty(const char *text)
{
    return text[0] == 0 ? NULL : text;
}

static bool set_tls(struct mqtt_line *line, struct mosquitto *handle)
{
    const struct mqtt_target *t = &line->mine;

    if (!readable(line, "mqtt.ca", t->ca) || !readable(line, "mqtt.cert", t->cert) ||
        !readable(line, "mqtt.key", t->key))
        return false;
    int result =
        mosquitto_tls_set(handle, unless_empty(t->ca), t->ca[0] == 0 ? "/etc/ssl/certs" : NULL,
                          unless_empty(t->cert), unless_empty(t->key), NULL);
    if (result == MOSQ_ERR_SUCCESS)
        result = mosquitto_tls_opts_set(handle, 1, NULL, NULL);
    if (result != MOSQ_ERR_SUCCESS)
        tell_failed(line, result, errno, false);
    return result == MOSQ_ERR_SUCCESS;
}

static bool prepare(struct mqtt_line *line, struct mosquitto *handle)
{
    const struct mqtt_target *t = &line->mine;

    mosquitto_threaded_set(handle, true);
    mosquitto_connect_callback_set(handle, on_connect);
    mosquitto_publish_callback_set(handle, on_publish);
    mosquitto_message_callback_set(handle, on_message);
    mosquitto_log_callback_set(handle, on_log);
    mosquitto_will_set(handle, t->will_topic, (int)strlen(t->will), t->will, 1, true);
    if (t->user[0] != 0)
        mosquitto_username_pw_set(handle, t->user, unless_empty(t->password));
    return !t->tls || set_tls(line, handle);
}

/* From now on, or from now on no longer, the loop may publish. */
static void lend(struct mqtt_line *line, struct mosquitto *handle)
{
    uv_mutex_lock(&line->using);
    line->connected = handle;
    atomic_store(&line->unsent, 0);
    uv_mutex_unlock(&line->using);
}

/* Waits for the connection to be made: SUCCESS, CONN_PENDING, or what became of it. */
static int look_at_socket(struct mosquitto *handle)
{
    struct pollfd polled = {.fd = mosquitto_socket(handle), .events = POLLOUT};
    int error = 0;
    socklen_t size = sizeof error;

    if (polled.fd < 0 || poll(&polled, 1, LOOP_MS) <= 0)
        return MOSQ_ERR_CONN_PENDING;
    if ((polled.revents & (POLLHUP | POLLERR)) == 0)
        return MOSQ_ERR_SUCCESS;
    getsockopt(polled.fd, SOL_SOCKET, SO_ERROR, &error, &size);
    errno = error;
    return error == 0 ? MOSQ_ERR_CONN_LOST : MOSQ_ERR_ERRNO;
}

/*
 * Until the broker has answered; MOSQ_ERR_SUCCESS also if that is not wanted any
 * more. While TLS begins the library does not notice that the connection was
 * refused or has gone, and would try without a pause. It may still find an alert
 * in what came, which says more than that it has gone.
 */
static int reach(struct mqtt_line *line, struct mosquitto *handle)
{
    uint64_t begun = uv_hrtime();
    int result = mosquitto_connect_async(handle, line->mine.host, line->mine.port, KEEPALIVE_S);

    for (int gone = 0; result == MOSQ_ERR_SUCCESS && is_wanted(line) && !line->answered;) {
        int look = look_at_socket(handle), error = errno;
        gone += look != MOSQ_ERR_SUCCESS && look != MOSQ_ERR_CONN_PENDING;
        if (look == MOSQ_ERR_ERRNO && error != ECONNRESET)
            gone = GONE_LOOKS; /* there never was one */
        else if (look != MOSQ_ERR_CONN_PENDING)
            result = mosquitto_loop(handle, LOOP_MS, 1);
        if (result == MOSQ_ERR_SUCCESS && !line->answered && gone == GONE_LOOKS) {
            result = look;
            errno = error;
        }
        if (result == MOSQ_ERR_SUCCESS && uv_hrtime() - begun > CONNECT_MS * 1000000ull)
            result = MOSQ_ERR_TIMEOUT;
    }
    return result;
}

/* Connects, and stays connected as long as it lasts and is wanted. Returns how long it lasted, in
 * ms. */
static uint64_t connect_and_stay(struct mqtt_line *line, struct mosquitto *handle)
{
    int result = reach(line, handle), error = errno;

    if (line->answered && line->refusal != 0) {
        tell_refused(line);
        return 0;
    }
    if (result != MOSQ_ERR_SUCCESS) {
        tell_failed(line, result, error, false);
        return 0;
    }
    uint64_t since = uv_hrtime();
    lend(line, handle);
    tell(line, READER_MQTT_CONNECTED, "");
    while (result == MOSQ_ERR_SUCCESS && is_wanted(line))
        result = mosquitto_loop(handle, LOOP_MS, 1);
    error = errno;
    lend(line, NULL);
    if (result != MOSQ_ERR_SUCCESS)
        tell_failed(line, result, error, true);
    return (uv_hrtime() - since) / 1000000;
}

/*
 * Destroying the handle closes the connection without a DISCONNECT, so that the
 * broker publishes the last will at once.
 */
static uint64_t once(struct mqtt_line *line)
{
    struct mosquitto *handle = mosquitto_new(NULL, true, line);
    uint64_t lasted = 0;

    line->answered = false;
    line->refusal = 0;
    line->openssl[0] = 0;
    if (handle == NULL) {
        tell(line, READER_MQTT_FAILED, "no memory");
        return 0;
    }
    if (prepare(line, handle))
        lasted = connect_and_stay(line, handle);
    mosquitto_destroy(handle);
    return lasted;
}

/* ---- The thread -------------------------------------------------------- */

static void release(struct mqtt_line *line)
{
    uv_cond_destroy(&line->changed);
    uv_mutex_destroy(&line->mutex);
    uv_mutex_destroy(&line->using);
    explicit_bzero(line, sizeof *line);
    free(line);
}

/* Holding the mutex, until there is something else to do or `delay_ms` went by. */
static void wait_to_retry(struct mqtt_line *line, uint64_t delay_ms)
{
    uint64_t until = uv_hrtime() + delay_ms * 1000000, now;

    while (!line->ending && line->my_version == line->version && (now = uv_hrtime()) < until)
        uv_cond_timedwait(&line->changed, &line->mutex, until - now);
}

/* Holding the mutex. */
static void serve(struct mqtt_line *line)
{
    uint64_t delay_ms = 0;

    while (!line->ending) {
        if (line->my_version != line->version) {
            line->my_version = line->version;
            line->mine = line->target;
            delay_ms = 0;
        }
        if (!line->wanted) {
            uv_cond_wait(&line->changed, &line->mutex);
            continue;
        }
        uv_mutex_unlock(&line->mutex);
        uint64_t lasted_ms = once(line);
        uv_mutex_lock(&line->mutex);
        delay_ms = lasted_ms >= LASTING_MS || delay_ms == 0 ? RETRY_MIN_MS : delay_ms * 2;
        delay_ms = delay_ms < MQTT_RETRY_MAX_MS ? delay_ms : MQTT_RETRY_MAX_MS;
        wait_to_retry(line, delay_ms);
    }
}

static void run(void *context)
{
    struct mqtt_line *line = context;
    sigset_t all;

    /* Signals are the loop's, and a connection that breaks must not raise one here. */
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    uv_mutex_lock(&line->mutex);
    serve(line);
    line->news.ended = true;
    wake(line);
    bool orphan = line->orphan;
    uv_mutex_unlock(&line->mutex);
    if (orphan)
        release(line);
}

/* ---- For the loop's thread --------------------------------------------- */

struct mqtt_line *mqtt_line_start(void (*wake)(void *context), void *context)
{
    struct mqtt_line *line = calloc(1, sizeof *line);

    if (line == NULL)
        return NULL;
    line->wake = wake;
    line->context = context;
    atomic_init(&line->unsent, 0);
    atomic_init(&line->full, false);
    if (uv_mutex_init(&line->mutex) != 0 || uv_mutex_init(&line->using) != 0 ||
        uv_cond_init(&line->changed) != 0)
        abort();
    if (uv_thread_create(&line->thread, run, line) == 0)
        return line;
    release(line);
    return NULL;
}

void mqtt_line_want(struct mqtt_line *line, const struct mqtt_target *target)
{
    uv_mutex_lock(&line->mutex);
    line->wanted = target != NULL;
    if (target != NULL)
        line->target = *target;
    line->version++;
    line->notices = 0;
    line->news.state = target == NULL ? READER_MQTT_OFF : READER_MQTT_CONNECTING;
    line->news.why[0] = 0;
    uv_cond_signal(&line->changed);
    uv_mutex_unlock(&line->mutex);
}

void mqtt_line_news(struct mqtt_line *line, struct mqtt_news *news)
{
    uv_mutex_lock(&line->mutex);
    *news = line->news;
    uv_mutex_unlock(&line->mutex);
}

bool mqtt_line_notice(struct mqtt_line *line, struct mqtt_notice *notice)
{
    uv_mutex_lock(&line->mutex);
    bool there = line->notices != 0;
    if (there) {
        *notice = line->notice[line->first_notice++ % MQTT_NOTICES];
        line->notices--;
    }
    uv_mutex_unlock(&line->mutex);
    return there;
}

bool mqtt_line_room(struct mqtt_line *line)
{
    uv_mutex_lock(&line->using);
    bool connected = line->connected != NULL;
    uv_mutex_unlock(&line->using);
    if (!connected || atomic_load(&line->unsent) < MQTT_UNSENT_MAX)
        return connected;
    /* What was sent before it is known that we wait is looked at once more. */
    atomic_store(&line->full, true);
    return atomic_load(&line->unsent) <= MQTT_UNSENT_MAX / 2;
}

bool mqtt_line_publish(struct mqtt_line *line, const char *topic, const void *payload, size_t size,
                       int qos, bool retain)
{
    uv_mutex_lock(&line->using);
    bool taken = line->connected != NULL;
    if (taken) {
        atomic_fetch_add(&line->unsent, 1); /* before it can be sent */
        taken = mosquitto_publish(line->connected, NULL, topic, (int)size, payload, qos, retain) ==
                MOSQ_ERR_SUCCESS;
        if (!taken)
            atomic_fetch_sub(&line->unsent, 1);
    }
    uv_mutex_unlock(&line->using);
    return taken;
}

void mqtt_line_end(struct mqtt_line *line)
{
    uv_mutex_lock(&line->mutex);
    line->ending = true;
    uv_cond_signal(&line->changed);
    uv_mutex_unlock(&line->mutex);
}

void mqtt_line_free(struct mqtt_line *line)
{
    uv_thread_t thread = line->thread;

    uv_mutex_lock(&line->mutex);
    bool ended = line->news.ended;
    line->orphan = !ended;
    uv_mutex_unlock(&line->mutex);
    if (!ended) {
        pthread_detach(thread);
        return;
    }
    uv_thread_join(&thread);
    release(line);
}
