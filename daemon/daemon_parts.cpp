#include "daemon_parts.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <thread>

#include "daemon/gateway/trusted_proxies.h"
#include "offline_database.h"

namespace linkup::daemon {

namespace {

using std::chrono::milliseconds;

int number(const Settings& settings, std::string_view key) {
    return static_cast<int>(settings.integer(key));
}
std::size_t size(const Settings& settings, std::string_view key) {
    return static_cast<std::size_t>(settings.integer(key));
}
milliseconds time(const Settings& settings, std::string_view key) {
    return milliseconds(settings.integer(key));
}

sdk::LogLevel logLevel(std::string_view name) {
    if (name == "debug") return sdk::LogLevel::kDebug;
    if (name == "warning") return sdk::LogLevel::kWarning;
    return name == "error" ? sdk::LogLevel::kError : sdk::LogLevel::kInfo;
}

LoggingOptions loggingOptions(const Settings& settings) {
    LoggingOptions options;
    options.format = settings.text("log.format") == "json" ? LogFormat::kJson : LogFormat::kText;
    options.level = logLevel(settings.text("log.level"));
    return options;
}

/// A relative file of SQLite stands below the folder of the state.
std::string databaseUrl(const Settings& settings) {
    constexpr std::string_view kSqlite = "sqlite:";
    std::string url = settings.text("database.url");
    if (!url.starts_with(kSqlite)) return url;
    const std::filesystem::path file = url.substr(kSqlite.size());
    if (file.empty() || file.is_absolute() || file.string().front() == ':') return url;
    return std::string(kSqlite) + (std::filesystem::path(settings.text("paths.state")) / file).string();
}

DatabaseSettings databaseSettings(const Settings& settings) {
    return {.url = databaseUrl(settings),
            .sessions = number(settings, "database.sessions"),
            .wait_ms = number(settings, "database.wait_ms"),
            .connect_timeout_ms = number(settings, "database.connect_timeout_ms"),
            .statement_timeout_ms = number(settings, "database.statement_timeout_ms"),
            .slow_statement = time(settings, "database.slow_statement_ms"),
            .show_trace = settings.boolean("database.show_trace")};
}

RedisSettings redisSettings(const Settings& settings, PartsMode mode) {
    RedisSettings redis;
    redis.url = settings.text("redis.url");
    redis.prefix = settings.text("redis.prefix");
    redis.connections = number(settings, "redis.connections");
    redis.connect_timeout_ms = number(settings, "redis.connect_timeout_ms");
    redis.reply_timeout_ms = number(settings, "redis.reply_timeout_ms");
    redis.wait_ms = number(settings, "redis.wait_ms");
    redis.idle_ping_ms = number(settings, "redis.idle_ping_ms");
    if (mode == PartsMode::kConnected || redis.url.empty()) return redis;
    parseRedisUrl(redis.url);
    redis.url.clear();
    return redis;
}

SocketSettings socketSettings(const Settings& settings) {
    SocketSettings sockets;
    sockets.max_message_bytes = size(settings, "sockets.max_message_bytes");
    sockets.outgoing_budget_bytes = size(settings, "sockets.outgoing_budget_bytes");
    sockets.incoming_events = size(settings, "sockets.incoming_events");
    sockets.incoming_bytes = size(settings, "sockets.incoming_bytes");
    sockets.per_user_and_path = size(settings, "sockets.per_user_and_path");
    sockets.bad_events_per_minute = number(settings, "sockets.bad_events_per_minute");
    sockets.ping_interval = time(settings, "sockets.ping_interval_ms");
    sockets.ping_timeout = time(settings, "sockets.ping_timeout_ms");
    sockets.close_timeout = time(settings, "sockets.close_timeout_ms");
    sockets.write_timeout = time(settings, "sockets.write_timeout_ms");
    return sockets;
}

OverloadSettings overloadSettings(const Settings& settings) {
    OverloadSettings overload;
    overload.limits = {time(settings, "overload.sign_in_ms"), time(settings, "overload.discovery_ms"),
                       time(settings, "overload.live_ms"), time(settings, "overload.core_ms")};
    return overload;
}

GatewaySettings gatewaySettings(const Settings& settings) {
    GatewaySettings gateway;
    gateway.address = settings.text("server.address");
    gateway.port = static_cast<std::uint16_t>(settings.integer("server.port"));
    gateway.backlog = number(settings, "server.backlog");
    gateway.io_threads = number(settings, "server.io_threads");
    if (gateway.io_threads == 0)
        gateway.io_threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
    gateway.max_connections = size(settings, "server.max_connections");
    gateway.max_header_bytes = size(settings, "server.max_header_bytes");
    gateway.header_timeout = time(settings, "server.header_timeout_ms");
    gateway.keep_alive_timeout = time(settings, "server.keep_alive_timeout_ms");
    gateway.body_timeout = time(settings, "server.body_timeout_ms");
    gateway.body_bytes_per_second = size(settings, "server.body_bytes_per_second");
    gateway.write_timeout = time(settings, "server.write_timeout_ms");
    gateway.retry_after = std::chrono::seconds(settings.integer("server.retry_after_seconds"));
    gateway.trusted_proxies = LiveProxies(settings.list("server.trusted_proxies"));
    gateway.upload_folder = (std::filesystem::path(settings.text("paths.state")) / "uploads").string();
    gateway.max_uploads = size(settings, "server.max_uploads");
    gateway.access_log = settings.boolean("server.access_log");
    gateway.sockets = socketSettings(settings);
    gateway.tls_certificate_file = settings.text("server.tls.certificate_file");
    gateway.tls_key_file = settings.text("server.tls.key_file");
    gateway.addresses = {
        .connections = size(settings, "server.connections_per_address"),
        .requests_per_second = static_cast<double>(settings.integer("server.requests_per_address")),
        .request_burst = static_cast<double>(settings.integer("server.requests_burst_per_address")),
        .exempt = LiveProxies(settings.list("server.unlimited_addresses"))};
    gateway.overload = overloadSettings(settings);
    return gateway;
}

std::unique_ptr<MailTransport> mailTransport(const Settings& settings) {
    const MailSender sender{settings.text("mail.from_address"), settings.text("mail.from_name")};
    if (settings.text("mail.transport") == "outbox") {
        return openOutbox(std::filesystem::path(settings.text("paths.state")) / "outbox", sender);
    }
    SmtpSettings smtp;
    smtp.host = settings.text("mail.smtp.host");
    smtp.port = static_cast<std::uint16_t>(settings.integer("mail.smtp.port"));
    smtp.security =
        settings.text("mail.smtp.security") == "none" ? SmtpSecurity::kNone : SmtpSecurity::kStartTls;
    smtp.verify_certificate = settings.boolean("mail.smtp.verify_certificate");
    smtp.authorities_file = settings.text("mail.smtp.authorities_file");
    smtp.user = settings.text("mail.smtp.user");
    smtp.password = settings.text("mail.smtp.password");
    smtp.helo_name = settings.text("mail.smtp.helo_name");
    smtp.connect_timeout_ms = number(settings, "mail.smtp.connect_timeout_ms");
    smtp.reply_timeout_ms = number(settings, "mail.smtp.reply_timeout_ms");
    return openSmtp(smtp, sender);
}

MailerOptions mailerOptions(const Settings& settings) {
    MailerOptions options;
    options.give_up_after = std::chrono::seconds(settings.integer("mail.give_up_after_seconds"));
    return options;
}

std::string nodeName(const Settings& settings) {
    std::string name = settings.text("node.name");
    if (!name.empty()) return name;
    char host[256] = {};
    gethostname(host, sizeof host - 1);
    return std::string(host) + ":" + std::to_string(getpid());
}

/// The layer's own message is made for clients.
std::unique_ptr<PooledDatabase> openOrExplain(const DatabaseSettings& settings, sdk::Log& log) {
    try {
        return openDatabase(settings, log);
    } catch (const sdk::Error& error) {
        if (error.code() != sdk::ErrorCode::kUnavailable) throw;
        throw sdk::Error(error.code(),
                         "database.url: the database cannot be reached; the log above says why");
    }
}

/// Nothing is written while a configuration is only looked at.
class NoTransport final : public MailTransport {
public:
    void send(const QueuedMail&) override { throw MailError(MailFault::kUnreachable, "offline"); }
};

}  // namespace

DaemonParts::DaemonParts(const Settings& settings)
    : logging(loggingOptions(settings)),
      log(logging.logFor("daemon")),
      metrics(registry.metricsFor("daemon")) {}

void DaemonParts::open(const Settings& settings, PartsMode mode) {
    const bool connected = mode == PartsMode::kConnected;
    if (connected) {
        std::filesystem::create_directories(std::filesystem::path(settings.text("paths.state")) / "uploads");
        database_settings = databaseSettings(settings);
        database = openOrExplain(database_settings, *log);
    } else {
        database = std::make_unique<OfflineDatabase>(databaseUrl(settings));
    }
    const RedisSettings redis = redisSettings(settings, mode);
    cache = openCache(redis, nodeName(settings), clock, *log);
    bus = openBus(redis, *log);
    pools = std::make_unique<WorkerPools>(*log, *metrics);
    pools->create("requests", connected ? number(settings, "server.worker_threads") : 1,
                  size(settings, "server.worker_queue"));
    gateway_settings = gatewaySettings(settings);
    gateway = std::make_unique<Gateway>(gateway_settings, *log, *metrics, clock, *bus, *pools);
    mailer = std::make_unique<QueuedMailer>(
        *database, clock, *log, *metrics,
        connected ? mailTransport(settings) : std::make_unique<NoTransport>(), mailerOptions(settings));
    scheduler = std::make_unique<Scheduler>(*database, *cache, clock, *log, *metrics);
}

void DaemonParts::check(const Settings& settings, std::vector<SettingFault>& faults) {
    const auto look = [&](std::string_view key, const auto& work) {
        try {
            work();
        } catch (const sdk::Error& error) {
            const std::string named = std::string(key) + ": ";
            const std::string why = error.what();
            faults.push_back({std::string(key),
                              settings.origin(key) + ": " + (why.starts_with(named) ? "" : named) + why});
        }
    };
    for (const char* key : {"metrics.allowed", "server.trusted_proxies", "server.unlimited_addresses"})
        look(key, [&] { TrustedProxies{settings.list(key)}; });
    look("database.url", [&] { OfflineDatabase{databaseUrl(settings)}; });
    look("redis.url", [&] { redisSettings(settings, PartsMode::kOffline); });
    if (!faults.empty()) return;  // one without a value cannot be compared
    const OverloadSettings overload = overloadSettings(settings);
    constexpr std::array kOverload{"overload.sign_in_ms", "overload.discovery_ms", "overload.live_ms",
                                   "overload.core_ms"};
    for (std::size_t i = 0; i < kOverload.size(); ++i) look(kOverload[i], [&] { overload.check(i); });
}

void DaemonParts::applyLive(const Settings& settings) {
    gateway_settings.takeLive(gatewaySettings(settings));
    database_settings.slow_statement.set(time(settings, "database.slow_statement_ms"));
    database_settings.show_trace.set(settings.boolean("database.show_trace"));
}

void DaemonParts::setLogLevel(std::string_view name) {
    logging.setLevel(logLevel(name));
}

}  // namespace linkup::daemon
