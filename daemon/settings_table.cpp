#include "settings_table.h"

#include <algorithm>
#include <array>

namespace linkup::daemon {

namespace {

constexpr Option text(std::string_view key, std::string_view fallback, std::string_view help) {
    return {.key = key, .fallback = fallback, .help = help};
}
constexpr Option secret(std::string_view key, std::string_view help, std::size_t production_bytes = 0,
                        std::string_view fallback = "") {
    return {
        .key = key, .fallback = fallback, .help = help, .secret = true, .production_bytes = production_bytes};
}
constexpr Option list(std::string_view key, std::string_view fallback, std::string_view help) {
    return {.key = key, .type = OptionType::kList, .fallback = fallback, .help = help};
}
constexpr Option boolean(std::string_view key, std::string_view fallback, std::string_view help) {
    return {.key = key, .type = OptionType::kBoolean, .fallback = fallback, .help = help};
}
constexpr Option choice(std::string_view key, std::string_view fallback, std::string_view choices,
                        std::string_view help) {
    return {.key = key, .type = OptionType::kChoice, .fallback = fallback, .help = help, .choices = choices};
}
constexpr Option integer(std::string_view key, std::string_view fallback, std::int64_t min, std::int64_t max,
                         std::string_view unit, std::string_view help) {
    return {.key = key,
            .type = OptionType::kInteger,
            .fallback = fallback,
            .help = help,
            .min = min,
            .max = max,
            .unit = unit};
}
constexpr Option live(Option option) {
    option.live = true;
    return option;
}

constexpr std::int64_t kHour = 3'600'000;
constexpr std::int64_t kMegabyte = 1024 * 1024;

constexpr std::array kOptions = {
    choice("profile", "development", "development, production",
           "What the server is for. Production refuses default and short secrets and the commands for demo "
           "data."),
    text("node.name", "", "How this node is called in leases and logs. Empty: the machine's name."),

    text("paths.state", "state",
         "Folder of the embedded database and of the outbox, made if need be. Relative to where linkupd is "
         "started."),
    text("paths.plugins", "",
         "Folder of the plugins. Empty: `plugins` beside the program, else where it was installed."),
    text("paths.www", "", "Folder of the static pages. Empty: `www` where linkupd was installed, or none."),

    list("plugins.enabled", "auth,match,chat,lobby,media",
         "The plugins to load: names, found as NAME.so in paths.plugins, or files. All must load."),
    integer("plugins.check_timeout_ms", "10000", 100, kHour, "ms",
            "How long `linkupd plugin check` waits for a plugin; what hangs is killed."),
    integer("plugins.hook_budget_ms", "50", 1, 60'000, "ms",
            "A hook's handler without a budget of its own that takes longer is named in the log."),

    text("server.address", "127.0.0.1", "Address to listen on; 0.0.0.0 for all of IPv4, :: for all."),
    integer("server.port", "8002", 0, 65'535, "TCP port", "Port to listen on; 0 lets the kernel choose."),
    integer("server.backlog", "4096", 1, 65'535, "connections",
            "Connections that the kernel holds until they are accepted."),
    integer("server.io_threads", "0", 0, 256, "threads",
            "Threads for the network; 0: one for each processor."),
    integer("server.worker_threads", "8", 1, 1024, "threads", "Threads that run the handlers of plugins."),
    integer("server.worker_queue", "1024", 1, 1'000'000, "requests",
            "Requests that may wait for a worker; beyond, 503."),
    live(integer("server.max_connections", "50000", 1, 10'000'000, "connections",
                 "HTTP and WebSocket together; beyond, a new one is closed at once.")),
    live(integer("server.max_uploads", "64", 1, 1'000'000, "uploads",
                 "Files on their way in at the same time; beyond, 503.")),
    live(integer("server.max_header_bytes", "16384", 1024, kMegabyte, "bytes", "Largest head of a request.")),
    live(integer("server.header_timeout_ms", "10000", 100, kHour, "ms",
                 "From a request's first byte to its last header.")),
    live(integer("server.keep_alive_timeout_ms", "75000", 100, kHour, "ms",
                 "How long a connection may be idle between requests.")),
    live(integer("server.body_timeout_ms", "10000", 100, kHour, "ms",
                 "Time for a body, on top of what its size takes at server.body_bytes_per_second.")),
    live(integer("server.body_bytes_per_second", "16384", 1, 1024 * kMegabyte, "bytes/s",
                 "Slowest body that is borne with.")),
    live(integer("server.write_timeout_ms", "30000", 100, kHour, "ms", "Time for a reply to go out.")),
    live(integer("server.retry_after_seconds", "1", 1, 3600, "s", "What a 503 tells the client to wait.")),
    live(integer("server.shutdown_delay_ms", "0", 0, kHour, "ms",
                 "On SIGTERM, how long all is served as before while /readyz says no, so that a proxy sends "
                 "nobody here any more; then it drains. Longer than the proxy needs to see it.")),
    live(integer("server.drain_ms", "1000", 0, kHour, "ms",
                 "On SIGTERM, the time over which sockets are told and closed, one after the other.")),
    live(list(
        "server.trusted_proxies", "",
        "Addresses or networks whose X-Forwarded-For is believed, such as 10.0.0.0/8. Empty: nobody's.")),
    live(integer(
        "server.connections_per_address", "4096", 0, 10'000'000, "connections",
        "Connections of one IPv4 address or IPv6 /64 network; many phones share one. Beyond, a new one is "
        "closed at once; a socket that came through a trusted proxy gets 429. 0: no limit.")),
    live(integer("server.requests_per_address", "500", 0, 10'000'000, "requests/s",
                 "Requests of one address in the long run; beyond, 429. 0: no limit.")),
    live(integer("server.requests_burst_per_address", "2000", 1, 10'000'000, "requests",
                 "Requests of one address at once, after it has rested.")),
    live(list("server.unlimited_addresses", "127.0.0.0/8,::1/128",
              "Addresses or networks to which the limits for one address do not apply.")),
    text("server.tls.certificate_file", "",
         "Certificate and those between it and the authority, in PEM. With it the port speaks HTTPS and wss "
         "alone. Read again when the file changes. Empty: no TLS."),
    text("server.tls.key_file", "", "The certificate's private key, in PEM."),
    live(boolean("server.access_log", "true", "A line in the log for each request.")),

    live(integer(
        "overload.sign_in_ms", "500", 0, kHour, "ms",
        "When new work has had to wait so long for a second without a break, new sign-ups and sign-ins get "
        "503, until the wait is below half of it. 0: never.")),
    live(integer("overload.discovery_ms", "1000", 0, kHour, "ms", "The same for looking for people.")),
    live(integer("overload.live_ms", "1500", 0, kHour, "ms",
                 "The same for typing and presence, without a word.")),
    live(integer("overload.core_ms", "3000", 0, kHour, "ms", "The same for messages and all the rest.")),

    live(integer("sockets.max_message_bytes", "131072", 128, 64 * kMegabyte, "bytes",
                 "Largest message; beyond, close 1009.")),
    live(integer(
        "sockets.outgoing_budget_bytes", "1048576", 1024, 1024 * kMegabyte, "bytes",
        "What may wait to be sent to one socket; beyond, droppable frames go first, then close 1013.")),
    live(integer("sockets.incoming_events", "64", 1, 100'000, "events",
                 "Events of one socket that may wait for their handler; beyond, the socket is not read.")),
    live(integer("sockets.incoming_bytes", "262144", 1024, 1024 * kMegabyte, "bytes", "The same, by size.")),
    live(integer("sockets.per_user_and_path", "20", 1, 10'000, "sockets",
                 "Sockets of one user on one path; the oldest beyond is closed with 1008.")),
    live(integer("sockets.bad_events_per_minute", "10", 1, 100'000, "events",
                 "The last of these closes with 1008.")),
    live(integer("sockets.ping_interval_ms", "30000", 100, kHour, "ms",
                 "How often a silent peer is asked whether it is there.")),
    live(integer("sockets.ping_timeout_ms", "10000", 100, kHour, "ms", "Time for the answer.")),
    live(integer("sockets.close_timeout_ms", "3000", 100, kHour, "ms",
                 "Time for the peer's answer to a close.")),
    live(
        integer("sockets.write_timeout_ms", "30000", 100, kHour, "ms",
                "Time for one frame to go out, and for one who reads too slowly to come to the close 1013.")),

    secret("database.url",
           "sqlite:FILE, below paths.state if relative, or "
           "postgresql://user:password@host:port/name?option=value.",
           0, "sqlite:linkup.db"),
    integer("database.sessions", "8", 1, 1000, "sessions",
            "PostgreSQL: connections; SQLite: readers beside the one writer."),
    integer("database.wait_ms", "2000", 1, kHour, "ms",
            "How long a call waits for a free session; beyond, 503."),
    integer("database.connect_timeout_ms", "3000", 1, kHour, "ms",
            "Time for a connection to PostgreSQL, and for its answer to the question whether it is there."),
    integer("database.statement_timeout_ms", "15000", 1, kHour, "ms",
            "A statement that runs longer is broken off. PostgreSQL counts as away if it has not even said "
            "so 5 s "
            "later."),
    live(integer(
        "database.slow_statement_ms", "500", 0, kHour, "ms",
        "A statement that takes longer is logged, with the ids of its request and trace and the number of "
        "the server's process. 0: none is.")),
    live(boolean(
        "database.show_trace", "false",
        "PostgreSQL: transactions show trace and span id as their application_name, in pg_stat_activity "
        "and where log_line_prefix has %a. Costs a transaction some 10 us.")),

    secret("redis.url",
           "redis://[[user]:password@]host[:port][/database]. Empty: cache and bus in this process, for one "
           "node."),
    text("redis.prefix",
         "linkup:", "In front of every key and channel, so that others can use the same Redis."),
    integer("redis.connections", "4", 1, 1000, "connections", "For the cache; the bus has two more."),
    integer("redis.connect_timeout_ms", "1000", 1, kHour, "ms", "Time for a connection."),
    integer("redis.reply_timeout_ms", "2000", 1, kHour, "ms", "A Redis that takes longer counts as away."),
    integer("redis.wait_ms", "1000", 1, kHour, "ms",
            "How long a call waits for a free connection; beyond, 503."),
    integer("redis.idle_ping_ms", "5000", 1, kHour, "ms",
            "Silence after which the bus asks whether Redis is there."),

    choice(
        "mail.transport", "outbox", "outbox, smtp",
        "outbox: one .eml file for each mail in the folder `outbox` below paths.state; smtp: a mail server."),
    text("mail.from_address", "no-reply@localhost", "Sender of all mails."),
    text("mail.from_name", "LinkUp", "The sender's name."),
    integer("mail.give_up_after_seconds", "86400", 1, 2'592'000, "s",
            "A mail that cannot be sent is retried for so long."),
    text("mail.smtp.host", "localhost", "The mail server."),
    integer("mail.smtp.port", "587", 1, 65'535, "TCP port", "Its port."),
    choice("mail.smtp.security", "starttls", "none, starttls",
           "starttls: encrypted, or nothing is sent; none: in the clear, for a server on the same machine."),
    boolean("mail.smtp.verify_certificate", "true",
            "Whether an authority must vouch for the mail server and its name."),
    text("mail.smtp.authorities_file", "", "Further authorities, in PEM. Empty: the system's alone."),
    text("mail.smtp.user", "", "Empty: no authentication."),
    secret("mail.smtp.password", "Password of mail.smtp.user."),
    text("mail.smtp.helo_name", "", "How linkupd introduces itself. Empty: the machine's name."),
    integer("mail.smtp.connect_timeout_ms", "5000", 1, kHour, "ms", "Time for a connection."),
    integer("mail.smtp.reply_timeout_ms", "15000", 1, kHour, "ms", "Time for each reply of the mail server."),

    choice("log.format", "text", "text, json",
           "Lines on standard error: for people, or one JSON object each."),
    live(choice("log.level", "info", "debug, info, warning, error", "The least that is logged.")),

    live(list("metrics.allowed", "127.0.0.0/8,::1/128",
              "Addresses or networks that may read /metrics; others get 404.")),
    live(secret("status.token",
                "What X-Status-Token must say for /api/v1/internal/status. Empty: nobody may read it.", 32)),

    secret(
        "console.token",
        "What opens the operators' console at /console of the address below: 32 bytes or more. Empty: there "
        "is no console.",
        32),
    text("console.address", "127.0.0.1",
         "Address that the console listens on. It speaks no TLS: leave it on this machine, and come through "
         "ssh or a proxy."),
    integer("console.port", "8003", 0, 65'535, "TCP port", "Its port; 0 lets the kernel choose."),
};

}  // namespace

std::span<const Option> daemonOptions() {
    return kOptions;
}

const Option* findDaemonOption(std::string_view key) {
    const auto found =
        std::find_if(kOptions.begin(), kOptions.end(), [&](const Option& o) { return o.key == key; });
    return found == kOptions.end() ? nullptr : &*found;
}

}  // namespace linkup::daemon
