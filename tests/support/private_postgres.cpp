#include "private_postgres.h"

#include <csignal>
#include <stdexcept>

#include "postgres_cluster.h"

namespace linkup::test {
namespace {

constexpr const char* kCluster = "cluster";
constexpr std::chrono::seconds kStartDeadline{60};

}  // namespace

PrivatePostgres::PrivatePostgres(PostgresOptions options) : options_(std::move(options)) {
    std::filesystem::permissions(folder_.path(), std::filesystem::perms::others_exec,
                                 std::filesystem::perm_options::add);
    makeCluster(folder_ / kCluster);
    start();
}

PrivatePostgres::~PrivatePostgres() {
    // Not SIGKILL: only then does the server remove its shared memory segment.
    if (server_) server_->signal(SIGQUIT);
    if (server_) [[maybe_unused]]
        const auto ended = server_->wait();
}

PrivatePostgres& PrivatePostgres::shared() {
    static PrivatePostgres server;
    return server;
}

std::string PrivatePostgres::url(const std::string& database) const {
    return "postgresql://postgres@127.0.0.1:" + std::to_string(port()) + "/" + database;
}

std::string PrivatePostgres::createDatabase(const std::string& name) {
    query("CREATE DATABASE \"" + name + "\"");
    return url(name);
}

std::string PrivatePostgres::createDatabase() {
    return createDatabase("test_" + std::to_string(++databases_));
}

std::string PrivatePostgres::query(const std::string& sql, const std::string& database,
                                   std::chrono::milliseconds deadline) {
    ProcessOptions psql;
    psql.command = {
        postgresProgram("psql").string(), "--no-psqlrc",      "--quiet",    "--tuples-only", "--no-align",
        "--set=ON_ERROR_STOP=1",          "--command=" + sql, url(database)};
    return runOrThrow(psql, deadline);
}

void PrivatePostgres::start() {
    if (server_ && server_->running()) return;
    ProcessOptions postgres;
    postgres.command = {postgresProgram("postgres").string(),
                        "-D",
                        (folder_ / kCluster).string(),
                        "-c",
                        "listen_addresses=127.0.0.1",
                        "-c",
                        "port=" + std::to_string(port()),
                        "-c",
                        "unix_socket_directories=",
                        "-c",
                        "max_connections=200",
                        "-c",
                        "log_line_prefix=%m [%p] ",
                        "-c",
                        "log_timezone=UTC"};
    const std::string durable = options_.fsync ? "on" : "off";
    for (const char* setting : {"fsync=", "full_page_writes="})
        postgres.command.insert(postgres.command.end(), {"-c", setting + durable});
    for (const auto& setting : options_.settings)
        postgres.command.insert(postgres.command.end(), {"-c", setting});
    postgres.user = postgresUser();
    postgres.workingFolder = "/";
    postgres.deathSignal = SIGQUIT;
    server_ = std::make_unique<Process>(postgres);
    if (!waitFor([this] { return accepts(); }, kStartDeadline))
        throw std::runtime_error("PostgreSQL does not start; it printed:\n" + log());
}

bool PrivatePostgres::accepts() {
    if (!server_->running()) throw std::runtime_error("PostgreSQL ended at its start; it printed:\n" + log());
    return log().find("database system is ready to accept connections") != std::string::npos;
}

void PrivatePostgres::stop() {
    server_->signal(SIGINT);  // "fast" in the server's words
    if (!server_->wait(std::chrono::seconds{30}))
        throw std::runtime_error("PostgreSQL does not stop; it printed:\n" + log());
}

void PrivatePostgres::kill() {
    server_->signal(
        SIGQUIT);  // "immediate": no checkpoint, no farewell; and the port is free when it is gone
    if (!server_->wait()) throw std::runtime_error("PostgreSQL cannot be killed; it printed:\n" + log());
}

std::string PrivatePostgres::log() const {
    return server_ ? server_->output() : std::string();
}

}  // namespace linkup::test
